import { cssProperties, darkPalette, lightPalette } from '../charts/palette.js';

const colourClasses = [
  ...(['ink', 'muted', 'bad', 'good', 'unsure', 'unknown'] as const).map((name) => `.c-${name}{color:var(--${name})}`),
  ...lightPalette.series.map((_, i) => `.c-series-${i}{color:var(--series-${i})}`),
].join('');

const light = `--paper:#fff;--raised:#f6f8fa;${cssProperties(lightPalette)}`;
const dark = `--paper:#14171b;--raised:#1e2329;${cssProperties(darkPalette)}`;

/** Everything a page looks like: screens of any width, dark and light, paper. */
export const styles = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;overflow-wrap:break-word;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI","Liberation Sans",sans-serif}
main,.top,.bottom{max-width:64rem;margin:0 auto;padding:0 1rem}
.top{padding-top:1rem}.bottom{color:var(--muted);font-size:.85rem;padding-bottom:2rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}p,li,dt,dd,figcaption{overflow-wrap:anywhere}strong{unicode-bidi:isolate}
a{color:var(--good)}
:focus-visible{outline:3px solid var(--unsure);outline-offset:2px}
.kicker{color:var(--muted);margin:0;font-size:.9rem}
.verdict{border:1px solid var(--line);border-left:.5rem solid var(--edge);background:var(--raised);padding:.8rem 1rem;margin:1rem 0;border-radius:.3rem}
.verdict .word{font-size:1.35rem;font-weight:700;margin:0}
.verdict .word span{color:var(--edge)}
.verdict.bad{--edge:var(--bad)}.verdict.good{--edge:var(--good)}.verdict.unsure{--edge:var(--unsure)}.verdict.unknown{--edge:var(--unknown)}.verdict.ink{--edge:var(--muted)}
.badge{white-space:nowrap}
${colourClasses}
dl.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.6rem 1.2rem;margin:1rem 0}
dl.facts dt{color:var(--muted);font-size:.85rem}dl.facts dd{margin:0;font-variant-numeric:tabular-nums}
dl.proof{display:grid;grid-template-columns:minmax(8rem,16rem) 1fr;gap:.3rem 1rem;font-size:.9rem}
dl.proof div{display:contents}dl.proof dt{color:var(--muted)}dl.proof dd{margin:0}
.scroll{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}thead th{color:var(--muted);font-weight:normal;white-space:nowrap}
tbody th{overflow-wrap:break-word;max-width:16rem}
td{overflow-wrap:break-word;max-width:32rem}td.number,th.number{text-align:right;white-space:nowrap}thead th.number{white-space:normal;overflow-wrap:break-word;max-width:16rem}
caption{text-align:left;color:var(--muted);padding-bottom:.3rem}
code,.digest{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85em;overflow-wrap:anywhere}
figure{margin:1rem 0}figcaption{margin-bottom:.3rem}
.chart svg{max-width:100%;height:auto;display:block;fill:var(--ink)}
.chart text{font-family:system-ui,"Segoe UI","Liberation Sans",sans-serif}
.chart .narrow{display:none}
.many{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.4rem 1.2rem}
.many figure{margin:.4rem 0;break-inside:avoid}.small figcaption{font-weight:600;font-size:.9rem}
ul.key{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:0;margin:.2rem 0;color:var(--muted);font-size:.85rem}
ul.plain{padding-left:1.2rem;margin:.4rem 0}
@media (max-width:46rem){body{font-size:15px}h1{font-size:1.35rem}.chart .wide{display:none}.chart .narrow{display:block}dl.proof{grid-template-columns:1fr;gap:0}dl.proof dd{margin-bottom:.5rem}}
@media print{:root{color-scheme:light;${light}}body{font-size:10pt}main,.top,.bottom{max-width:none;padding:0}h2{break-after:avoid}tr,figure,.verdict{break-inside:avoid}.scroll{overflow:visible}table{font-size:7pt}td.number,th.number,thead th,.badge{white-space:normal}th,td{padding:.2rem .35rem .2rem 0}thead{display:table-header-group}.verdict{background:none}}
`
  .trim()
  .replaceAll('\n', '');
