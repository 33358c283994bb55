import type { ColumnShape } from '../data/column-shape.js';
import type { DriftFinding } from './drift-report.js';

type Sides = readonly [baseline: ColumnShape, current: ColumnShape];

/** What is peculiar about a column on either side: a single value, mixed types, numbers stored as text. */
export function shapeFindings(baseline: ColumnShape | undefined, current: ColumnShape | undefined): DriftFinding[] {
  const sides: Sides = [baseline ?? {}, current ?? {}];
  return [
    ...about('constant', sides, ({ constant }) =>
      constant === undefined ? undefined : `holds a single value (${constant.slice(0, 40)})`,
    ),
    ...about('mixed_types', sides, ({ mixed }) =>
      mixed === undefined
        ? undefined
        : `mixes ${mixed.numbers} numbers with ${mixed.texts} texts: all are taken as categories`,
    ),
    ...about('numbers_as_text', sides, ({ storedAsText }) =>
      storedAsText === undefined ? undefined : `holds ${storedAsText} stored as text: read as numbers`,
    ),
    ...about('unreadable_values', sides, ({ unreadable }) =>
      unreadable === undefined ? undefined : `holds ${unreadable} arrays or objects: taken as missing`,
    ),
  ];
}

/** One finding for both sides, or none. */
function about(
  kind: DriftFinding['kind'],
  [baseline, current]: Sides,
  say: (shape: ColumnShape) => string | undefined,
): DriftFinding[] {
  const [before, after] = [say(baseline), say(current)];
  if (before === undefined && after === undefined) return [];
  if (before === after) return [{ kind, message: `${before} in both data sets` }];
  const parts = [
    ...(before === undefined ? [] : [`${before} in the baseline`]),
    ...(after === undefined ? [] : [`${after} in the current data`]),
  ];
  return [{ kind, message: parts.join('; ') }];
}
