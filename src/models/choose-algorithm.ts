/** Rows up to which single trees on samples do about as well as boosting, and take no longer than a blink. */
const fewRows = 300;

/**
 * What `algorithm: auto` stands for: `random_forest` for up to 300 rows, `gradient_boosting` beyond, and wherever
 * predictions must follow an order, which the forest cannot hold them to.
 */
export const chooseAlgorithm = (
  rowCount: number,
  constraints: { readonly monotoneConstraints?: object; readonly categoryOrder?: object },
): string => {
  const { monotoneConstraints = {}, categoryOrder = {} } = constraints;
  const isConstrained = Object.keys(monotoneConstraints).length + Object.keys(categoryOrder).length > 0;
  return rowCount <= fewRows && !isConstrained ? 'random_forest' : 'gradient_boosting';
};
