import { expect, it } from 'vitest';
import { isFinalFault } from './final-fault.ts';

it.each([
  ['ENOTFOUND', true],
  ['CERT_HAS_EXPIRED', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['ECONNREFUSED', false],
  ['ECONNRESET', false],
  ['EAI_AGAIN', false],
  ['', false],
])('knows whether %s is the same a second later: %s', (code, isFinal) => {
  expect(isFinalFault(code)).toBe(isFinal);
});
