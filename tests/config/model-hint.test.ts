import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { modelHint } from '../../src/config/model-hint.js';

const hint = (models: object, modelType: string): string =>
  modelHint(MLOpsConfig.fromObject({ models } as object, { environment: {} }).policy, modelType);

describe('what is said of a model that the policy does not list', () => {
  it('is the one that was likely meant, else those that it lists', () => {
    expect(hint({ spread: {} }, 'spraed')).toBe('; did you mean the model spread?');
    expect(hint({ spread: {}, pd: {} }, 'defaulted')).toBe('; it lists spread, pd');
    expect(hint({}, 'spread')).toBe('');
    expect(hint({ spread: {} }, 'spread')).toBe('');
  });
});
