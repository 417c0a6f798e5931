/**
 * The word lists of the TPC-H population. Facts from the specification, clause 4.2.2.13 and 4.2.2.14,
 * in the order and with the weights of dbgen's dists.dss, misspellings included.
 */

/** A word and how often it is drawn, relative to the others of its list. */
export type WeightedWord = readonly [word: string, weight: number];

const words = (list: string): readonly string[] => list.split(' ');

/** `word=weight` separated by `|`; without a weight it is 1. */
const weighted = (list: string): readonly WeightedWord[] =>
  list.split('|').map((entry) => {
    const [word = '', weight = '1'] = entry.split('=');
    return [word, Number(weight)];
  });

/** Every phrase of one word from each list, the last list turning fastest. */
const phrases = (...lists: readonly (readonly string[])[]): readonly string[] =>
  lists.reduce<readonly string[]>((starts, list) => starts.flatMap((start) => list.map((word) => (start === '' ? word : `${start} ${word}`))), ['']);

export const REGIONS: readonly string[] = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];

/** Nation and its region's key, by nation key. */
export const NATIONS: readonly (readonly [name: string, regionKey: number])[] = [
  ['ALGERIA', 0],
  ['ARGENTINA', 1],
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['EGYPT', 4],
  ['ETHIOPIA', 0],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['INDONESIA', 2],
  ['IRAN', 4],
  ['IRAQ', 4],
  ['JAPAN', 2],
  ['JORDAN', 4],
  ['KENYA', 0],
  ['MOROCCO', 0],
  ['MOZAMBIQUE', 0],
  ['PERU', 1],
  ['CHINA', 2],
  ['ROMANIA', 3],
  ['SAUDI ARABIA', 4],
  ['VIETNAM', 2],
  ['RUSSIA', 3],
  ['UNITED KINGDOM', 3],
  ['UNITED STATES', 1],
];

export const MARKET_SEGMENTS: readonly string[] = words('AUTOMOBILE BUILDING FURNITURE HOUSEHOLD MACHINERY');
export const ORDER_PRIORITIES: readonly string[] = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
export const RETURN_FLAGS: readonly string[] = ['R', 'A'];
export const SHIP_INSTRUCTIONS: readonly string[] = ['DELIVER IN PERSON', 'COLLECT COD', 'TAKE BACK RETURN', 'NONE'];
export const SHIP_MODES: readonly string[] = ['REG AIR', 'AIR', 'RAIL', 'TRUCK', 'MAIL', 'FOB', 'SHIP'];

const CONTAINER_SIZES: readonly string[] = words('SM LG MED JUMBO WRAP');
const CONTAINER_KINDS: readonly string[] = words('CASE BOX BAG JAR PACK PKG CAN DRUM');
export const CONTAINERS: readonly string[] = phrases(CONTAINER_SIZES, CONTAINER_KINDS);

export const TYPE_SIZES: readonly string[] = words('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO');
export const TYPE_FINISHES: readonly string[] = words('ANODIZED BURNISHED PLATED POLISHED BRUSHED');
export const TYPE_METALS: readonly string[] = words('TIN NICKEL BRASS STEEL COPPER');
export const PART_TYPES: readonly string[] = phrases(TYPE_SIZES, TYPE_FINISHES, TYPE_METALS);

export const COLORS: readonly string[] = words(
  'almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse ' +
    'chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest ' +
    'frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light ' +
    'lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale ' +
    'papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky ' +
    'slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow',
);

export const NOUNS: readonly WeightedWord[] = weighted(
  'packages=40|requests=40|accounts=40|deposits=40|foxes=20|ideas=20|theodolites=20|pinto beans=20|instructions=20|' +
    'dependencies=10|excuses=10|platelets=10|asymptotes=10|courts=5|dolphins=5|multipliers|sauternes|warthogs|frets|' +
    'dinos|attainments|somas|Tiresias|patterns|forges|braids|frays|warhorses|dugouts|notornis|epitaphs|pearls|tithes|' +
    'waters|orbits|gifts|sheaves|depths|sentiments|decoys|realms|pains|grouches|escapades|hockey players',
);

export const VERBS: readonly WeightedWord[] = weighted(
  'sleep=20|wake=20|are=20|cajole=20|haggle=20|nag=10|use=10|boost=10|affix=5|detect=5|integrate=5|maintain|nod|was|' +
    'lose|sublate|solve|thrash|promise|engage|hinder|print|x-ray|breach|eat|grow|impress|mold|poach|serve|run|dazzle|' +
    'snooze|doze|unwind|kindle|play|hang|believe|doubt',
);

export const ADVERBS: readonly WeightedWord[] = weighted(
  'sometimes|always|never|furiously=50|slyly=50|carefully=50|blithely=40|quickly=30|fluffily=20|slowly|quietly|' +
    'ruthlessly|thinly|closely|doggedly|daringly|bravely|stealthily|permanently|enticingly|idly|busily|regularly|' +
    'finally|ironically|evenly|boldly|silently',
);

export const ADJECTIVES: readonly WeightedWord[] = weighted(
  'special=20|pending=20|unusual=20|express=20|furious|sly|careful|blithe|quick|fluffy|slow|quiet|ruthless|thin|close|' +
    'dogged|daring|brave|stealthy|permanent|enticing|idle|busy|regular=50|final=40|ironic=40|even=30|bold=20|silent=10',
);

export const PREPOSITIONS: readonly WeightedWord[] = weighted(
  'about=50|above=50|according to=50|across=50|after=50|against=40|along=40|alongside of=30|among=30|around=20|at=10|' +
    'atop|before|behind|beneath|beside|besides|between|beyond|by|despite|during|except|for|from|in place of|inside|' +
    'instead of|into|near|of|on|outside|over|past|since|through|throughout|to|toward|under|until|up|upon|whithout|' +
    'with|within',
);

export const AUXILIARIES: readonly WeightedWord[] = weighted(
  'do|may|might|shall|will|would|can|could|should|ought to|must|will have to|shall have to|could have to|' +
    'should have to|must have to|need to|try to',
);

export const TERMINATORS: readonly WeightedWord[] = weighted('.=50|;|:|?|!|--');

/** N noun phrase, V verb phrase, P preposition with `the` and a noun phrase, T terminator. */
export const SENTENCES: readonly WeightedWord[] = weighted('NVT=3|NVPT=3|NVNT=3|NPVNT|NPVPT');
/** N noun, J adjective, D adverb, `,` a comma behind the word before it. */
export const NOUN_PHRASES: readonly WeightedWord[] = weighted('N=10|JN=20|J,JN=10|DJN=50');
/** V verb, X auxiliary, D adverb. */
export const VERB_PHRASES: readonly WeightedWord[] = weighted('V=30|XV|VD=40|XVD');
