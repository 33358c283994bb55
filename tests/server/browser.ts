import { existsSync, mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium of the system; undefined where there is none. */
export const chromiumPath = [process.env['CHROMIUM_PATH'] ?? '', ...places].find(
  (path) => path !== '' && existsSync(path),
);

const folder = 'artifacts/screenshots';

export const looks = {
  desktop: { viewport: { width: 1200, height: 800 } },
  dark: { viewport: { width: 1200, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true },
} as const;

export function launch(): Promise<Browser> {
  mkdirSync(folder, { recursive: true });
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-gpu'] });
}

/** What a browser complains about while a page is shown: what the security policy forbade, what failed. */
export async function openPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** Accessibility rules that a page breaks badly, by axe. What the dark look changes is contrast. */
export async function violations(page: Page, look: keyof typeof looks): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const rules = look === 'dark' ? ['color-contrast'] : undefined;
  const results = await page.evaluate(
    async (only) => (globalThis as unknown as { axe: typeof axe }).axe.run(only === undefined ? {} : { runOnly: only }),
    rules,
  );
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Whether nothing but tables and other parts that scroll by themselves is wider than the screen. */
export const fits = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    };
    return document.documentElement.scrollWidth <= document.documentElement.clientWidth;
  });

/** Labels of charts that are not wholly within their picture. */
export const cutLabels = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    interface Shown {
      readonly textContent: string;
      getBoundingClientRect(): { readonly left: number; readonly right: number; readonly width: number };
      querySelectorAll(selector: string): Iterable<Shown>;
    }
    const { document } = globalThis as unknown as { document: Shown };
    return [...document.querySelectorAll('svg')].flatMap((picture) => {
      const { left, right, width } = picture.getBoundingClientRect();
      const isCut = (label: Shown): boolean => {
        const place = label.getBoundingClientRect();
        return place.left < left - 1 || place.right > right + 1;
      };
      return width === 0 ? [] : [...picture.querySelectorAll('text')].filter(isCut).map((label) => label.textContent);
    });
  });

export const screenshot = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });

/** A part of a page that scrolls by itself. */
export interface Scrolling {
  scrollLeft: number;
  readonly ownerDocument: { readonly activeElement: unknown };
}
