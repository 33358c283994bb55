/**
 * What a file is that must never be loaded as a model, by its first bytes, or undefined. Pickle protocols 2 to 5 begin
 * with 0x80 and their number; torch saves a zip of pickles; Keras saves HDF5.
 */
export function foreignFormat(head: Uint8Array): string | undefined {
  if (head[0] === 0x80 && head[1] !== undefined && head[1] >= 2 && head[1] <= 5) {
    return 'a Python pickle, which executes code when it is loaded';
  }
  if (startsWith(head, [0x50, 0x4b, 3, 4])) return 'a zip archive, as torch.save writes around a Python pickle';
  if (startsWith(head, [0x89, 0x48, 0x44, 0x46])) return 'an HDF5 file';
  return undefined;
}

const startsWith = (head: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);
