import { describe, expect, it, vi } from 'vitest';
import { driftCharts, renderDriftReport } from '@bondx/mlops/report';
import { assertJson } from '../../src/util/json.js';
import { failure } from '../helpers.js';
import { wideReport } from './drift-fixture.js';

describe('a chart in a notebook', () => {
  it('is a Vega-Lite specification, a picture and a sentence of the same thing', async () => {
    const [chart] = driftCharts(wideReport(8));
    const display = Reflect.get(chart!, Symbol.for('Jupyter.display')) as () => Promise<Record<string, unknown>>;
    const bundle = await display();
    expect(bundle).toEqual(await chart!.bundle());
    assertJson(bundle);
    expect(bundle['application/vnd.vegalite.v5+json']).toMatchObject({
      $schema: expect.stringContaining('vega-lite') as string,
    });
    expect(JSON.stringify(bundle)).not.toContain('var(--');
    expect(bundle['text/html']).toContain('<svg role="img"');
    expect(bundle['text/plain']).toContain('2 drifted');
    const shown: string[] = [];
    await chart!.show({ html: (markup) => void shown.push(markup) });
    expect(shown).toEqual([bundle['text/html']]);
  });
});

describe('without the packages that draw', () => {
  it('says what to install', async () => {
    vi.resetModules();
    vi.doMock('vega-lite', () => {
      throw new Error('Cannot find package');
    });
    const { renderDriftReport: render } = await import('@bondx/mlops/report');
    expect(render).not.toBe(renderDriftReport);
    const error = await failure(render(wideReport(4)));
    expect(error).toMatchObject({ code: 'MISSING_DEPENDENCY' });
    expect(error.message).toContain('npm install vega vega-lite@6.4.2');
    vi.doUnmock('vega-lite');
  });
});
