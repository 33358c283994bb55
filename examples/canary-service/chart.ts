import type { Slice } from './messages.js';

const [width, height, left, top, bottom] = [1100, 300, 60, 48, 60];
const colours: Readonly<Record<string, string>> = { '1.0.0': '#5b7a99', '1.0.1': '#c8553d', '1.0.2': '#4f9d69' };

interface Event {
  readonly at: number;
  readonly text: string;
}

/** Who answered how many requests when, stacked, and what happened: an SVG. */
export function drawTimeline(slices: readonly Slice[], events: readonly Event[]): string {
  const began = slices[0]!.at - 500;
  const end = Math.max(...slices.map(({ at }) => at), ...events.map(({ at }) => at));
  const most = Math.max(...slices.map(({ versions }) => sum(Object.values(versions))));
  const x = (at: number): number => left + ((at - began) / (end - began)) * (width - left - 20);
  const y = (count: number): number => top + (1 - count / most) * height;
  const barWidth = Math.max(1, x(began + 250) - x(began) - 0.5);
  const bars = slices.flatMap(({ at, versions }) => {
    let below = 0;
    return Object.keys(colours).map((version) => {
      const count = versions[version] ?? 0;
      below += count;
      const size = y(below - count) - y(below);
      return `<rect x="${x(at).toFixed(1)}" y="${y(below).toFixed(1)}" width="${barWidth.toFixed(1)}" height="${size.toFixed(1)}" fill="${colours[version]}"/>`;
    });
  });
  const listTop = top + height + bottom;
  const marked = events.filter(({ at }) => at >= began);
  const marks = marked.flatMap(({ at, text }, i) => [
    `<line x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${top}" y2="${top + height}" stroke="#222" stroke-dasharray="2 3"/>`,
    `<text x="${x(at).toFixed(1)}" y="${top - 6 - 13 * (i % 3)}" text-anchor="middle">${i + 1}</text>`,
    `<text x="${left}" y="${listTop + 18 * i}">${i + 1}. ${seconds(at - began)} ${escape(text.slice(0, 150))}</text>`,
  ]);
  const ticks = Array.from({ length: 6 }, (_, i) => began + ((end - began) * i) / 5).map(
    (at) => `<text x="${x(at).toFixed(1)}" y="${top + height + 16}" text-anchor="middle">${seconds(at - began)}</text>`,
  );
  const legend = Object.entries(colours).map(
    ([version, colour], i) =>
      `<rect x="${width - 230 + 75 * i}" y="${top + height + 26}" width="10" height="10" fill="${colour}"/><text x="${width - 216 + 75 * i}" y="${top + height + 35}">${version}</text>`,
  );
  const axis = `<text x="${left - 8}" y="${y(most) + 4}" text-anchor="end">${4 * most}/s</text><text x="${left - 8}" y="${y(0) + 4}" text-anchor="end">0</text>`;
  const total = listTop + 18 * marked.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${total}" fill="white"/>`,
    ...[...bars, ...marks, ...ticks, ...legend, axis],
    '</svg>\n',
  ].join('\n');
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
