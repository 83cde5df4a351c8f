// Features that our mails use although some clients do not support them, with the reason why that does no harm. One that no
// mail uses any more has to go: the tests say so.

const LIGHT = 'the light colours show, or the client darkens them itself';
const SHEET = 'style sheets only refine: colours, sizes and widths are written at the elements too';
const PREHEADER = 'one of several ways in which the preheader is hidden; a test asks for one that works in each client';
const READ_ALOUD = 'only screen readers notice; the text is the same';

export const TOLERATED = {
  'color-scheme meta tag': LIGHT,
  'color-scheme CSS property': LIGHT,
  '<style> element': SHEET,
  'Type selector': SHEET,
  'Class selector': SHEET,
  'ID selector': SHEET,
  'Descendant combinator': SHEET,
  '!important keyword': SHEET,
  // By mistake, the checker counts `.moz-text-html .mj-column-per-100` as two classes of one element.
  'Chaining selectors': 'the rule is for Thunderbird alone, which supports it',
  ':last-child': 'the last paragraph keeps its margin: 16 pixels more above the next block',
  '@media': 'for phones and dark screens only; without it, columns are above one another, and Word gets tables of a fixed width',
  'display:none': PREHEADER,
  opacity: PREHEADER,
  overflow: PREHEADER,
  'max-height property': PREHEADER,
  '<body> element': 'the clients replace it; its colour and language are written at the first element inside, too',
  'lang attribute': READ_ALOUD,
  'aria-label attribute': READ_ALOUD,
  'role attribute': READ_ALOUD,
  'dir attribute': 'cells and columns have the CSS property `direction`, too',
  'max-width': 'Outlook 2007 gets tables of a fixed width',
  'height property': 'it is said of images alone, and a test asks that they need none',
  'word-break': 'only a word that is longer than a line notices',
  'word-spacing': 'the value is the one that every client begins with',
  'border-radius': 'corners are square',
  'border-spacing': 'the attribute `cellspacing` says the same',
  cursor: 'the pointer over a button is the usual one of a link',
  outline: 'it takes away a frame that these clients do not draw',
  'target attribute': 'links of mails open in a new window anyway',
};
