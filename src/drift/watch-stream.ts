import { type AdwinOptions, adwin } from '../stats/streaming/adwin.js';
import { type CusumOptions, cusum } from '../stats/streaming/cusum.js';
import { type DdmOptions, ddm } from '../stats/streaming/ddm.js';
import type { Detector, DetectorState, DetectorValue } from '../stats/streaming/detector.js';
import { type KswinOptions, kswin } from '../stats/streaming/kswin.js';
import { type PageHinkleyOptions, pageHinkley } from '../stats/streaming/page-hinkley.js';
import { checkOneOf, checkOptions, refuse } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonObject } from '../util/json.js';

/** The detectors of change and their options; see docs/statistics/streaming.md for when each alarms falsely. */
export interface StreamDetectors {
  readonly adwin: Partial<AdwinOptions>;
  readonly cusum: Partial<CusumOptions>;
  readonly ddm: Partial<DdmOptions>;
  readonly kswin: Partial<KswinOptions>;
  readonly page_hinkley: Partial<PageHinkleyOptions>;
}

/** A detector that watches values one by one. */
export type StreamDetectorName = keyof StreamDetectors;

/** Which detectors {@link watchStream} feeds. */
export interface WatchStreamOptions<Name extends StreamDetectorName = StreamDetectorName> {
  readonly detector: Name;
  /** How it is set; only for a watch that starts anew. */
  readonly settings?: StreamDetectors[Name];
  /** What `state()` gave before: the watch goes on from there. */
  readonly state?: JsonObject;
}

/** An observation at which a watch found a change. */
export interface StreamAlarm {
  readonly detector: StreamDetectorName;
  /** The observation's number, from 1, counted over restarts. */
  readonly at: number;
  readonly value: number;
}

/** Watches one stream of numbers, one observation at a time. Synchronous; no I/O. */
export interface StreamWatch {
  /**
   * Takes the next observation; the alarm where it sets one off. After an alarm the watch starts afresh.
   *
   * @throws MLOpsError `INVALID_INPUT` for NaN, an infinity, or what the detector cannot use; it is not counted
   */
  add(value: number): StreamAlarm | undefined;
  /** How the stream stands now; `count` is since the last alarm. */
  value(): DetectorValue;
  /** Plain JSON, for `watchStream({ detector, state })` after a restart: what follows is as if there had been none. */
  state(): JsonObject;
}

type AnyDetector = Detector<object, DetectorState, DetectorValue>;

const detectors = { adwin, cusum, ddm, kswin, page_hinkley: pageHinkley } as unknown as Readonly<
  Record<StreamDetectorName, AnyDetector>
>;
const names = Object.keys(detectors) as StreamDetectorName[];

/**
 * Starts watching a stream of numbers, such as a feature, a residual or 1 for each wrong answer.
 *
 * @throws MLOpsError `INVALID_INPUT` for settings out of range; `CORRUPT` or `UNSUPPORTED` for a state it cannot read
 */
export function watchStream<Name extends StreamDetectorName>(options: WatchStreamOptions<Name>): StreamWatch {
  checkOptions(options, ['detector', 'settings', 'state'], 'watchStream');
  const name = checkOneOf(options.detector, names, 'detector');
  const { settings, state: saved } = options;
  if (settings !== undefined && saved !== undefined) refuse('the state has its settings; leave settings out');
  const detector = detectors[name];
  const detectorState = saved === undefined ? detector.create(settings) : detector.restore(saved['detector']);
  let observed = saved === undefined ? 0 : checkCount(saved['observed']);
  return {
    add(value) {
      detector.add(detectorState, value);
      observed++;
      if (detector.value(detectorState).status !== 'drift') return undefined;
      return Object.freeze({ detector: name, at: observed, value });
    },
    value: () => deepFreeze(structuredClone(detector.value(detectorState))),
    state: () => deepFreeze({ observed, detector: structuredClone(detectorState) }) as unknown as JsonObject,
  };
}

function checkCount(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  return refuse('the state has no count of observations; pass what state() gave');
}
