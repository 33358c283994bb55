// A trainer program for tests: predicts the mean of the target, and misbehaves when the hyperparameter `act` says so.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv.at(-1);
const parameters = JSON.parse(readFileSync(join(folder, 'parameters.json'), 'utf8'));
const { act = 'train', marker } = parameters.hyperparameters;
const output = (name) => join(folder, 'output', name);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const lines = readFileSync(join(folder, parameters.train), 'utf8').trim().split('\n');
const column = lines[0].split(',').indexOf(parameters.targetColumn);
const target = lines.slice(1).map((line) => Number(line.split(',')[column]));
const mean = target.reduce((sum, value) => sum + value, 0) / target.length;
const model = { kind: 'constant', value: mean, task: parameters.task };
console.log(`learning from ${target.length} rows`);
console.log('progress 0.5');

switch (act) {
  case 'fail':
    console.error('Traceback: out of luck');
    process.exit(3);
  case 'die':
    process.kill(process.pid, 'SIGKILL');
    await sleep(10_000);
    break;
  case 'hang': // with a child that would outlive it
    process.on('SIGTERM', () => undefined);
    spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    await sleep(60_000);
    break;
  case 'hang-once': // the first time only: a file says whether it has been here
    if (!existsSync(marker)) {
      writeFileSync(marker, String(process.pid));
      await sleep(60_000);
    }
    break;
  case 'leave-child': {
    // ends, and leaves a child behind that holds its output open
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    child.unref();
    writeFileSync(marker, String(child.pid));
    break;
  }
  case 'leave-daemon': {
    // ends, and leaves behind a process with a session of its own that holds its output open
    const options = { stdio: 'inherit', detached: true };
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)'], options);
    child.unref();
    writeFileSync(marker, String(child.pid));
    break;
  }
  case 'swell': {
    const held = [];
    for (;;) {
      held.push(Buffer.alloc(20_000_000, 1));
      await sleep(20);
    }
  }
  case 'chatter':
    for (let i = 0; i < 30_000; i++) console.log(`line ${i} ${'.'.repeat(90)}`);
    break;
  case 'nothing':
    process.exit(0);
  case 'link':
    symlinkSync('/etc/hostname', output('model.json'));
    process.exit(0);
  case 'nonsense':
    writeFileSync(output('model.json'), '{"kind":"tarot"}');
    process.exit(0);
  case 'bad-metrics':
    writeFileSync(output('metrics.json'), '{"mae":"low"}');
    break;
  case 'odd-metrics':
    writeFileSync(output('metrics.json'), '{"__proto__":1}');
    break;
  case 'long-metrics':
    writeFileSync(output('metrics.json'), JSON.stringify({ ['x'.repeat(300)]: 1 }));
    break;
  case 'many-metrics':
    writeFileSync(
      output('metrics.json'),
      JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`m${i}`, i]))),
    );
    break;
  case 'no-output':
    rmSync(join(folder, 'output'), { recursive: true });
    process.exit(0);
  case 'extra':
    mkdirSync(output('notes'));
    writeFileSync(output('notes/a.txt'), 'x');
    break;
  case 'show':
    console.log(
      JSON.stringify({
        environment: Object.keys(process.env).sort(),
        parameters,
        arguments: process.argv.slice(2, -1),
        cwd: process.cwd(),
      }),
    );
    break;
}
if (!existsSync(output('metrics.json'))) writeFileSync(output('metrics.json'), JSON.stringify({ mean }));
writeFileSync(output('model.json'), JSON.stringify(model));
