// What is kept in the visitor's browser: localStorage, a cookie where that is blocked or where subdomains share, and
// memory where both are. Nothing here throws, and nothing is written before it is asked for.

import { attempt } from './guard.js';

const PREFIX = 'attractor_';
const YEAR = 365 * 24 * 60 * 60;

function readCookie(key) {
  const pairs = attempt(() => document.cookie)?.split('; ') || [];
  const found = pairs.find((pair) => pair.startsWith(`${key}=`));
  return found && decodeURIComponent(found.slice(key.length + 1));
}

function writeCookie(key, value, seconds, domain) {
  const where = domain ? `; domain=${domain}` : '';
  const safe = location.protocol === 'https:' ? '; secure' : '';
  const text = `${key}=${encodeURIComponent(value)}; path=/; max-age=${seconds}; samesite=lax${where}${safe}`;
  attempt(() => (document.cookie = text));
}

/** @param {string} domain the parent domain whose subdomains share the visitor, or '' */
export function openDevice(domain) {
  const memory = new Map();

  function read(name) {
    return memory.get(name) ?? attempt(() => localStorage.getItem(PREFIX + name));
  }

  /** Keeps a text for this browser's own use, never in a cookie. False where it will not outlive the page. */
  function note(name, value) {
    const isKept = attempt(() => {
      localStorage.setItem(PREFIX + name, value);
      return true;
    });
    if (isKept) memory.delete(name);
    else memory.set(name, value);
    return isKept;
  }

  function erase(name) {
    memory.delete(name);
    attempt(() => localStorage.removeItem(PREFIX + name));
  }

  return {
    note,
    erase,

    /** A text by its name; what the subdomains share goes before what this one remembers. */
    get(name) {
      const cookie = readCookie(PREFIX + name);
      return (domain && cookie) || (read(name) ?? cookie);
    },

    set(name, value) {
      if (!note(name, value) || domain) writeCookie(PREFIX + name, value, YEAR, domain);
    },

    remove(name) {
      erase(name);
      if (readCookie(PREFIX + name)) writeCookie(PREFIX + name, '', 0, domain);
    },

    /** All texts whose names begin so, as [name, text], by name. */
    entries(beginning) {
      const stored = attempt(() => Object.keys(localStorage)) || [];
      const own = stored.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
      const names = [...new Set([...own, ...memory.keys()])].filter((name) => name.startsWith(beginning)).sort();
      return names.map((name) => [name, read(name)]).filter(([, text]) => text);
    },
  };
}
