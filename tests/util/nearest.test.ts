import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/util/nearest.js';

describe('nearest', () => {
  it('finds what was likely meant', () => {
    expect(nearest('incmoe', ['income', 'age'])).toBe('income');
    expect(nearest('yy', ['x', 'y'])).toBe('y');
  });

  it('finds nothing where nothing of the word is left', () => {
    expect(nearest('y', ['a', 'b'])).toBeUndefined();
    expect(nearest('zz', ['a', 'bb'])).toBeUndefined();
  });
});
