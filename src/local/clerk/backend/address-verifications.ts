import { attempt, type Beginning, begin, verificationView } from '../acts/verifications.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import type { AddressVerification, Verification } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** Sends a code to an address, for a backend that asks for it by itself. */
export async function sendCode(
  world: World,
  addressId: string,
  beginning: Beginning,
): Promise<object> {
  const verification = await begin(world, beginning)
  const now = world.clock.now()
  const id = newId('ver')
  const dated = { id, createdAt: now, updatedAt: now }
  return view(world.state.addressVerifications.put({ ...dated, addressId, verification }))
}

/** A code that somebody typed in, for the verification that it was sent for. */
export interface TypedCode {
  readonly addressId: string
  readonly verificationId: string
  readonly code: string
}

/** What a code comes to. A wrong one, or one too late, is told by the status; only a used one is refused. */
export async function tryCode(
  world: World,
  { addressId, verificationId, code }: TypedCode,
): Promise<{ readonly view: object; readonly isVerified: boolean }> {
  const { addressVerifications } = world.state
  let kept = addressVerifications.get(verificationId)
  if (kept?.addressId !== addressId) throw notFound('Verification not found')
  const save = (verification: Verification) => {
    if (kept === undefined) return
    kept = addressVerifications.put({ ...kept, verification, updatedAt: world.clock.now() })
  }
  try {
    await attempt(world, kept.verification, { code, save })
  } catch (thrown) {
    const isOutcome = thrown instanceof Complaint && thrown.code !== 'verification_already_verified'
    if (!isOutcome) throw thrown
  }
  return { view: view(kept), isVerified: kept.verification.status === 'verified' }
}

function view({ id, verification }: AddressVerification): object {
  return { id, ...verificationView(verification) }
}
