import { styles } from '../report/page/styles.js';

/** What the dashboard adds to the look of reports. */
export const dashboardStyles = `${styles}
.bar{border-bottom:1px solid var(--line);background:var(--raised)}
.bar ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;max-width:72rem;margin:0 auto;padding:.6rem 1rem}
.bar a{color:var(--ink);text-decoration:none;display:inline-block;padding:.2rem 0;border-bottom:3px solid transparent}
.bar a:hover{border-color:var(--line)}.bar a[aria-current]{font-weight:700;border-color:var(--good)}
main{max-width:72rem;padding-top:1rem;padding-bottom:3rem}
.board{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.8rem;margin:.6rem 0 1.6rem}
.board section{background:var(--raised);border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem;min-height:5rem}
.board h3{margin:.1rem 0 .5rem;font-size:.9rem;color:var(--muted)}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem;margin:.5rem 0;font-size:.9rem;overflow-wrap:anywhere}
.card p{margin:.15rem 0}.card ul{margin:.2rem 0;padding-left:0;list-style:none}
form.action{display:inline-flex;flex-wrap:wrap;gap:.4rem;align-items:center;margin:.2rem .8rem .2rem 0}
button{font:inherit;padding:.35rem .9rem;border-radius:.3rem;border:1px solid var(--muted);background:var(--raised);color:var(--ink);cursor:pointer}
button:hover{border-color:var(--ink)}
input{font:inherit;padding:.3rem .5rem;border:1px solid var(--muted);border-radius:.3rem;background:var(--paper);color:var(--ink);max-width:100%}
input[type=checkbox]{width:1.1rem;height:1.1rem}
.actions{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;margin:1rem 0}
.note:empty{display:none}.note{border-left:.3rem solid var(--unsure);padding:.3rem .8rem;background:var(--raised)}
.signin{max-width:26rem;margin:4rem auto;padding:0 1rem}.signin input{width:100%;margin:.3rem 0 .8rem}
@media (max-width:46rem){.board{grid-template-columns:1fr}.board section{min-height:0}}
`;

/** Keeps what is live up to date, or says that it is not: asks twice a second whether something changed, and puts the new in place of the old. */
export const liveScript = `'use strict';
const live = document.getElementById('live');
if (live) {
  const stale = document.getElementById('stale');
  let seen = live.dataset.version;
  let known = new Date();
  const ask = async () => {
    const headers = { 'if-none-match': seen };
    const response = await fetch(live.dataset.from, { headers, credentials: 'same-origin', signal: AbortSignal.timeout(10000) });
    if (response.status === 401) return location.reload(); // the session ended: what is shown is live no more
    if (response.status === 304) return;
    if (!response.ok) throw new Error(response.statusText);
    show(await response.text());
    seen = response.headers.get('etag');
  };
  const tables = () => [...live.querySelectorAll('.scroll')].map((one) => [one.getAttribute('aria-label'), one]);
  // Only what differs is replaced, and tables stay in focus and as they were scrolled: somebody is reading, or typing why.
  const show = (text) => {
    const scrolled = new Map(tables().map(([label, one]) => [label, one.scrollLeft]));
    const focused = document.activeElement.closest('.scroll')?.getAttribute('aria-label');
    const parts = [...new DOMParser().parseFromString(text, 'text/html').body.children];
    parts.forEach((part, i) => {
      const old = live.children[i];
      if (old === undefined) live.append(part);
      else if (old.outerHTML !== part.outerHTML) old.replaceWith(part);
    });
    while (live.children.length > parts.length) live.lastElementChild.remove();
    for (const [label, one] of tables()) {
      one.scrollLeft = scrolled.get(label) ?? 0;
      if (label === focused && !one.contains(document.activeElement)) one.focus({ preventScroll: true });
    }
  };
  const look = async () => {
    let note = '';
    try {
      await ask();
      known = new Date();
    } catch { // the server or its store is away: it may come back
      note = 'Not up to date: no answer as there should be since ' + known.toISOString().slice(0, 19).replace('T', ' ') + ' UTC.';
    }
    if (stale.textContent !== note) stale.textContent = note;
    setTimeout(look, 500);
  };
  setTimeout(look, 500);
}
`;
