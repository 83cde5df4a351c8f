// What is kept in the visitor's browser: localStorage, a cookie where that is blocked or where subdomains share, and
// memory where both are. Nothing here throws, and nothing is written before it is asked for.

const PREFIX = 'attractor_';
const QUEUED = `${PREFIX}q_`;
const YEAR = 365 * 24 * 60 * 60;

/**
 * @param {Window} view the page's window
 * @param {string} domain the parent domain whose subdomains share the visitor, or ''
 */
export function openDevice(view, domain) {
  const memory = new Map();

  function local(work) {
    try {
      return work(view.localStorage);
    } catch {
      return undefined; // blocked, full, or a sandboxed frame
    }
  }

  function cookie(name) {
    try {
      const pairs = view.document.cookie.split('; ');
      return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    } catch {
      return undefined;
    }
  }

  function writeCookie(name, value, seconds) {
    const attributes = [`${name}=${value}`, 'path=/', `max-age=${seconds}`, 'samesite=lax'];
    if (domain) attributes.push(`domain=${domain}`);
    if (view.location.protocol === 'https:') attributes.push('secure');
    try {
      view.document.cookie = attributes.join('; ');
    } catch {
      // A sandboxed frame has no cookies.
    }
  }

  function write(key, value) {
    const isKept = local((storage) => (storage.setItem(key, value), true));
    if (isKept) memory.delete(key);
    else memory.set(key, value);
    return isKept;
  }

  function erase(key) {
    memory.delete(key);
    local((storage) => storage.removeItem(key));
  }

  const read = (key) => memory.get(key) ?? local((storage) => storage.getItem(key)) ?? undefined;

  return {
    /** A short text by its name; subdomains' common cookie goes before what this one remembers. */
    get(name) {
      const key = PREFIX + name;
      const shared = cookie(key);
      const value = domain && shared ? decodeURIComponent(shared) : read(key);
      return value ?? (shared && decodeURIComponent(shared));
    },

    set(name, value) {
      const key = PREFIX + name;
      const isKept = write(key, value);
      if (!isKept || domain) writeCookie(key, encodeURIComponent(value), YEAR);
    },

    /** Like `set`, never in a cookie: what concerns this browser's requests alone. */
    note: (name, value) => write(PREFIX + name, value),

    remove(name) {
      erase(PREFIX + name);
      if (cookie(PREFIX + name) !== undefined) writeCookie(PREFIX + name, '', 0);
    },

    // Each waiting message is an entry of its own: tabs share the storage, and one that reads, changes and writes back
    // a common list would undo what another did in between.
    queue: (id, text) => write(QUEUED + id, text),
    dequeue: (id) => erase(QUEUED + id),

    /** The waiting messages of all tabs as [id, text], oldest first; ids begin with their instant. */
    queued() {
      const keys = new Set([...(local((storage) => Object.keys(storage)) || []), ...memory.keys()]);
      const own = [...keys].filter((key) => key.startsWith(QUEUED)).sort();
      const entries = own.map((key) => [key.slice(QUEUED.length), read(key)]);
      return entries.filter(([, text]) => text);
    },
  };
}
