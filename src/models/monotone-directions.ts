import { refuse } from '../util/check.js';
import type { MonotoneDirection } from './contract.js';
import type { FeatureReader } from './feature-reader.js';

/**
 * Constraints as numbers for each feature: 1 rising, -1 falling, 0 none.
 *
 * @throws MLOpsError `INVALID_INPUT` for a constraint on no feature, or on categories without an order
 */
export function monotoneDirections(
  reader: FeatureReader,
  constraints: Readonly<Record<string, MonotoneDirection>> = {},
): Int8Array {
  const names = reader.readings.map(({ name }) => name);
  const directions = new Int8Array(names.length);
  for (const [name, direction] of Object.entries(constraints)) {
    const feature = names.indexOf(name);
    if (feature < 0) refuse(`monotone_constraints names ${JSON.stringify(name)}, which is no feature`);
    if (reader.categoryCount(feature) > 0) {
      refuse(
        `monotone_constraints names ${JSON.stringify(name)}, whose categories have no order; give it one in category_order`,
      );
    }
    directions[feature] = direction === 'increasing' ? 1 : -1;
  }
  return directions;
}
