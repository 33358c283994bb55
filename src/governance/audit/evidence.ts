/** What shows that a log is sound, loaded when somebody asks for it. */
export { verifyExport, writeExport } from './export-log.js';
export { proveRecord, verifyProof } from './prove-record.js';
export { readCheckpoints, verifyStoredLog } from './verify-stored-log.js';
