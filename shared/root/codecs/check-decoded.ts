import { CodecError } from '../../errors.ts';
import { DECODER_FAULTS } from '../kernels.ts';

/** @throws CodecError unless the decoder's answer is 0 */
export function checkDecoded(answer: number): void {
  if (answer !== 0) throw new CodecError(DECODER_FAULTS[answer] ?? `fault ${answer}`);
}
