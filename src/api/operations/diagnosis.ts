import { z } from 'zod'
import { ok } from '../../model/result.ts'
import { diagnoseToken } from '../diagnosis.ts'
import { operation } from '../operation.ts'

/** As large as what `verify` reads. */
const tokenMaxCharacters = 16 * 1024

/** Why a token is refused, for operators; local mode tells everyone. */
export const diagnosisOperations = [
  operation({
    id: 'tokens.diagnose',
    method: 'POST',
    path: '/diagnose',
    permission: 'usher.tokens.read',
    summary: 'Which check a token fails, and which setting is likely wrong.',
    shapes: {
      body: z.strictObject({ token: z.string().max(tokenMaxCharacters) }),
      output: z.strictObject({
        valid: z.boolean().nullable(),
        token_type: z.string().nullable(),
        reason: z.string().nullable(),
        check: z.string().nullable(),
        expected: z.string().nullable(),
        got: z.string().nullable(),
        setting: z.string().nullable(),
        advice: z.string(),
      }),
    },
    example: { body: { token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl' } },
    async handle({ call, body, rules, expectations }) {
      return ok({ body: await diagnoseToken(body.token, call, { rules, expectations }) })
    },
  }),
]
