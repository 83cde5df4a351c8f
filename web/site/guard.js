// Nothing that goes wrong here may reach the page. The developer finds it in the console.

export const warn = (text) => console.warn(`attractor: ${text}`);

/** The same function, which says what it threw instead of throwing it. */
export function guarded(work) {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      return warn(error);
    }
  };
}

/** What `work` gives; undefined where it throws, as storage does that is blocked, or an address that is none. */
export function attempt(work) {
  try {
    return work() ?? undefined;
  } catch {
    return undefined;
  }
}
