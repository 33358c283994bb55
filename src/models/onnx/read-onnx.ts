import { MLOpsError } from '../../errors.js';
import { foreignFormat } from '../foreign-format.js';
import { type ExternalData, type OnnxSignature, type OnnxValue, elementTypes } from './onnx-signature.js';
import { WireReader, damaged } from './wire-reader.js';

/** What is gathered while a model is walked. */
interface Found {
  readonly externalData: ExternalData[];
  /** Operator sets that nodes name. */
  readonly domains: Set<string>;
  /** Operator sets that the model's own functions define. */
  readonly ownDomains: Set<string>;
}

/**
 * Reads what an ONNX model says of itself: inputs, outputs, operator sets, and the files its weights lie in, those of
 * subgraphs and functions included. Nothing is executed and no other file is opened; field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 *
 * @throws MLOpsError `INVALID_INPUT` for a file that is something else, `CORRUPT` for one that is damaged or cut off
 */
export function readOnnx(bytes: Uint8Array): OnnxSignature {
  const foreign = foreignFormat(bytes);
  if (foreign !== undefined) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `not an ONNX model but ${foreign}; export with skl2onnx or torch.onnx.export`,
    );
  }
  const found: Found = { externalData: [], domains: new Set(), ownDomains: new Set() };
  const model = new WireReader(bytes);
  const opsets: Record<string, number> = {};
  let irVersion = 0;
  let producer = '';
  let graph: Graph | undefined;
  for (const field of model.fields()) {
    if (field.number === 1) irVersion = model.number(field);
    else if (field.number === 2) producer = model.text(field);
    else if (field.number === 7) graph = readGraph(model.message(field), found);
    else if (field.number === 8) readOpset(model.message(field), opsets);
    else if (field.number === 20) readTrainingInfo(model.message(field), found);
    else if (field.number === 25) readFunction(model.message(field), found);
  }
  if (irVersion < 1) throw damaged(0, 'it does not say which version of the format it is');
  if (graph === undefined || graph.outputs.length === 0) throw damaged(bytes.length, 'it has no graph with outputs');
  for (const domain of found.domains) {
    if (opsets[domain] === undefined && !found.ownDomains.has(domain)) {
      throw damaged(bytes.length, `it does not say which version of the operators ${domain} it needs`);
    }
  }
  const { inputs, outputs } = graph;
  const domains = [...found.domains].filter((domain) => !found.ownDomains.has(domain)).sort();
  return { irVersion, producer, opsets, domains, inputs, outputs, externalData: found.externalData };
}

interface Graph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

function readGraph(graph: WireReader, found: Found): Graph {
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const initialized = new Set<string>();
  for (const field of graph.fields()) {
    if (field.number === 1) readNode(graph.message(field), found);
    else if (field.number === 5) initialized.add(readTensor(graph.message(field), found));
    else if (field.number === 11) inputs.push(readValue(graph.message(field)));
    else if (field.number === 12) outputs.push(readValue(graph.message(field)));
    else if (field.number === 15) readSparseTensor(graph.message(field), found);
  }
  // Models older than IR version 4 list weights among the inputs.
  return { inputs: inputs.filter(({ name }) => !initialized.has(name)), outputs };
}

function readNode(node: WireReader, found: Found): void {
  let domain = 'ai.onnx';
  for (const field of node.fields()) {
    if (field.number === 7) domain = domainOf(node.text(field));
    else if (field.number === 5) readAttribute(node.message(field), found);
  }
  found.domains.add(domain);
}

function readAttribute(attribute: WireReader, found: Found): void {
  for (const field of attribute.fields()) {
    if (field.number === 5 || field.number === 10) readTensor(attribute.message(field), found);
    else if (field.number === 6 || field.number === 11) readGraph(attribute.message(field), found);
    else if (field.number === 22 || field.number === 23) readSparseTensor(attribute.message(field), found);
  }
}

/** @returns its name */
function readTensor(tensor: WireReader, found: Found): string {
  const places = new Map<string, string>();
  let name = '';
  let isExternal = false;
  for (const field of tensor.fields()) {
    if (field.number === 8) name = tensor.text(field);
    else if (field.number === 13) readEntry(tensor.message(field), places);
    else if (field.number === 14) isExternal = tensor.number(field) === 1;
  }
  if (isExternal || places.size > 0) {
    const offset = Number(places.get('offset') ?? 0);
    const length = places.has('length') ? Number(places.get('length')) : null;
    found.externalData.push({ tensor: name, location: places.get('location') ?? '', offset, length });
  }
  return name;
}

function readSparseTensor(sparse: WireReader, found: Found): void {
  for (const field of sparse.fields()) if (field.number <= 2) readTensor(sparse.message(field), found);
}

function readFunction(body: WireReader, found: Found): void {
  for (const field of body.fields()) {
    if (field.number === 7) readNode(body.message(field), found);
    else if (field.number === 10) found.ownDomains.add(domainOf(body.text(field)));
  }
}

function readTrainingInfo(training: WireReader, found: Found): void {
  for (const field of training.fields()) if (field.number <= 2) readGraph(training.message(field), found);
}

function readOpset(opset: WireReader, opsets: Record<string, number>): void {
  let domain = 'ai.onnx';
  let version = 0;
  for (const field of opset.fields()) {
    if (field.number === 1) domain = domainOf(opset.text(field));
    else if (field.number === 2) version = opset.number(field);
  }
  opsets[domain] = version;
}

function readEntry(entry: WireReader, places: Map<string, string>): void {
  let [key, value] = ['', ''];
  for (const field of entry.fields()) {
    if (field.number === 1) key = entry.text(field);
    else if (field.number === 2) value = entry.text(field);
  }
  places.set(key, value);
}

function readValue(info: WireReader): OnnxValue {
  let name = '';
  let type: Pick<OnnxValue, 'type' | 'shape'> = { type: 'unknown', shape: null };
  for (const field of info.fields()) {
    if (field.number === 1) name = info.text(field);
    else if (field.number === 2) type = readType(info.message(field));
  }
  return { name, ...type };
}

function readType(type: WireReader): Pick<OnnxValue, 'type' | 'shape'> {
  for (const field of type.fields()) {
    if (field.number === 1) return readTensorType(type.message(field));
    if (field.number === 4) return { type: 'sequence', shape: null };
    if (field.number === 5) return { type: 'map', shape: null };
  }
  return { type: 'unknown', shape: null };
}

function readTensorType(tensor: WireReader): Pick<OnnxValue, 'type' | 'shape'> {
  let type: OnnxValue['type'] = 'unknown';
  let shape: OnnxValue['shape'] = null;
  for (const field of tensor.fields()) {
    if (field.number === 1) type = elementTypes[tensor.number(field)] ?? 'unknown';
    else if (field.number === 2) shape = readShape(tensor.message(field));
  }
  return { type, shape };
}

function readShape(shape: WireReader): (number | string)[] {
  return [...shape.fields()].filter(({ number }) => number === 1).map((field) => readDimension(shape.message(field)));
}

function readDimension(dimension: WireReader): number | string {
  for (const field of dimension.fields()) {
    if (field.number === 1) return dimension.number(field);
    if (field.number === 2) return dimension.text(field);
  }
  return '';
}

/** The standard's own operators go by two names. */
const domainOf = (text: string): string => (text === '' ? 'ai.onnx' : text);
