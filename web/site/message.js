// The calls of Segment's snippet as messages: who may leave out which argument.

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A random version 4 UUID. `crypto.randomUUID` is missing on pages without TLS. */
export function uuid() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const hex = bytes.map((byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-');
}

/** The instant that a caller gives, as a Date or as text, in the form of the wire; now where it is none. */
export function instant(given) {
  const date = new Date(given ?? Date.now());
  return (isNaN(date) ? new Date() : date).toISOString();
}

/** Leading texts (numbers too, as ids may be), then the fields and the options, as every call has them. */
function sorted(args) {
  const isText = (value) => value === null || ['string', 'number'].includes(typeof value);
  const firstOther = args.findIndex((value, at) => !isText(value) && (at > 0 || isObject(value)));
  const end = firstOther < 0 ? args.length : firstOther;
  const texts = args.slice(0, end).filter((value) => value !== null && value !== undefined && value !== '');
  const [fields, options] = args.slice(end).map((value) => (isObject(value) ? value : undefined));
  return { texts: texts.map(String), fields: fields ?? {}, options: options ?? {} };
}

/** What a call says: the fields of its message, and its options. Undefined where it says nothing that can be sent. */
export function fieldsOf(method, args) {
  const { texts, fields, options } = sorted(args);
  switch (method) {
    case 'track':
      return texts.length ? { fields: { event: texts[0], properties: fields }, options } : undefined;
    case 'identify':
      return { fields: { userId: texts[0], traits: fields }, options };
    case 'group':
      return { fields: { groupId: texts[0], traits: fields }, options };
    default: {
      const [name, category] = texts.reverse();
      return { fields: { name, category, properties: { name, category, ...fields } }, options };
    }
  }
}
