import { expect } from 'vitest'
import { noonMs } from '../../../support/fake-clock.ts'
import { type Case, claimsIn, type Kit } from './kit.ts'

async function newMachine({ sdk, word, gateway }: Kit) {
  const machine = await sdk.machines.create({ name: word(), scopedMachines: [gateway] })
  return { ...machine, id: machine.id, secretKey: machine.secretKey ?? '' }
}

/** Machines and their tokens. */
export const machines: Readonly<Record<string, Case>> = {
  async 'm2m.list'(kit) {
    const { id: subject, secretKey: machineSecretKey } = await newMachine(kit)
    const { id } = await kit.sdk.m2m.createToken({ machineSecretKey })
    const { data } = await kit.sdk.m2m.list({ subject, machineSecretKey })
    expect(data.map((token) => token.id)).toEqual([id])
  },
  async 'm2m.createToken'(kit) {
    const { sdk, gateway } = kit
    const { id: subject, secretKey: machineSecretKey } = await newMachine(kit)
    const wish = { machineSecretKey, secondsUntilExpiration: 60, claims: { a: 1 } }
    const token = await sdk.m2m.createToken(wish)
    expect(token).toMatchObject({ subject, scopes: [gateway], expiration: noonMs + 60_000 })
    const again = await sdk.m2m.createToken({ ...wish, minRemainingTtlSeconds: 30 })
    expect(again.token).toBe(token.token)
    const { token: jwt } = await sdk.m2m.createToken({ ...wish, tokenFormat: 'jwt' })
    expect(claimsIn(jwt ?? '')).toMatchObject({ sub: subject, aud: [gateway], a: 1 })
  },
  async 'm2m.revokeToken'(kit) {
    const { secretKey: machineSecretKey } = await newMachine(kit)
    const { id: m2mTokenId } = await kit.sdk.m2m.createToken({ machineSecretKey })
    const revoked = await kit.sdk.m2m.revokeToken({ m2mTokenId, machineSecretKey })
    expect(revoked.revoked).toBe(true)
  },
  async 'm2m.verify'(kit) {
    const { sdk, clerk } = kit
    const { id: subject, secretKey: machineSecretKey } = await newMachine(kit)
    const { token = '' } = await sdk.m2m.createToken({ machineSecretKey })
    const asGateway = { token, machineSecretKey: clerk.settings.machine?.secretKey ?? '' }
    expect(await sdk.m2m.verify(asGateway)).toMatchObject({ subject })
    // The machine itself is not one that the token is for.
    const asItself = sdk.m2m.verify({ token, machineSecretKey })
    await expect(asItself).rejects.toMatchObject({ status: 404 })
  },
  async 'machines.get'(kit) {
    const { id, name } = await newMachine(kit)
    const machine = await kit.sdk.machines.get(id)
    expect(machine).toMatchObject({ id, name, scopedMachines: [{ id: kit.gateway }] })
  },
  async 'machines.list'(kit) {
    const { id, name } = await newMachine(kit)
    const { data } = await kit.sdk.machines.list({ query: name, orderBy: 'name' })
    expect(data.map((machine) => machine.id)).toEqual([id])
  },
  async 'machines.create'(kit) {
    expect((await newMachine(kit)).secretKey).toMatch(/^ak_/)
  },
  async 'machines.update'(kit) {
    const { id: machineId } = await newMachine(kit)
    const changes = { name: kit.word(), defaultTokenTtl: 120 }
    expect(await kit.sdk.machines.update({ machineId, ...changes })).toMatchObject(changes)
  },
  async 'machines.delete'(kit) {
    const { id, secretKey: machineSecretKey } = await newMachine(kit)
    await kit.sdk.machines.delete(id)
    const asked = kit.sdk.m2m.createToken({ machineSecretKey })
    await expect(asked).rejects.toMatchObject({ status: 401 })
  },
  async 'machines.getSecretKey'(kit) {
    const { id, secretKey } = await newMachine(kit)
    expect(await kit.sdk.machines.getSecretKey(id)).toMatchObject({ secret: secretKey })
  },
  async 'machines.rotateSecretKey'(kit) {
    const { id: machineId, secretKey: machineSecretKey } = await newMachine(kit)
    const wish = { machineId, previousTokenTtl: 0 }
    const { secret } = await kit.sdk.machines.rotateSecretKey(wish)
    expect(await kit.sdk.m2m.createToken({ machineSecretKey: secret })).toBeTruthy()
    const asked = kit.sdk.m2m.createToken({ machineSecretKey })
    await expect(asked).rejects.toMatchObject({ status: 401 })
  },
  async 'machines.createScope'(kit) {
    const { id } = await newMachine(kit)
    const { id: other } = await newMachine(kit)
    const scope = await kit.sdk.machines.createScope(id, other)
    expect(scope).toMatchObject({ fromMachineId: id, toMachineId: other })
  },
  async 'machines.deleteScope'(kit) {
    const { id } = await newMachine(kit)
    expect(await kit.sdk.machines.deleteScope(id, kit.gateway)).toMatchObject({ deleted: true })
    expect(await kit.sdk.machines.get(id)).toMatchObject({ scopedMachines: [] })
  },
}
