import { MLOpsError } from '../../errors.js';
import type { Chart } from '../../report/charts/chart.js';
import { figure } from '../../report/page/figure.js';
import { type Html, html } from '../../report/page/html.js';

/** Charts, or a note on what they need where that is not installed: tables beside them say the same. */
export async function showCharts(charts: readonly Chart[]): Promise<readonly Html[]> {
  try {
    return await Promise.all(charts.map(figure));
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'MISSING_DEPENDENCY') {
      return [html`<p class="note">${error.message}</p>`];
    }
    throw error;
  }
}
