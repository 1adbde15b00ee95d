import { beforeAll, describe, expect, it } from 'vitest'
import { backendOperations } from '../../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../../src/local/clerk/frontend/operations.ts'
import { exceptions } from '../../support/contract-exceptions.ts'
import { descriptionsAreHere } from '../../support/descriptions.ts'
import { expectHonest, honestyOf, nameOf } from '../../support/recording.ts'
import { readLimitMs } from '../../support/stand-in.ts'
import { visitAccount, visitPublicPlaces } from '../../support/tour/account.ts'
import { visitOrganizations } from '../../support/tour/organizations.ts'
import {
  visitApiKeys,
  visitHandshake,
  visitInstance,
  visitMachines,
  visitOAuth,
} from '../../support/tour/server-credentials.ts'
import {
  visitInvited,
  visitRoles,
  visitServerOrganizations,
} from '../../support/tour/server-organizations.ts'
import { visitPages } from '../../support/tour/server-pages.ts'
import { visitServerSessions, visitUsers } from '../../support/tour/server-users.ts'
import {
  visitReturns,
  visitSecondFactor,
  visitSessions,
  visitSignIn,
  visitSignUp,
} from '../../support/tour/sign-in.ts'
import { setOut, type Tour } from '../../support/tour/tour.ts'
import { visitUndescribedRefusals } from '../../support/tour/undescribed.ts'

let tour: Tour

beforeAll(async () => {
  tour = await setOut()
})

describe('a tour of every operation', () => {
  it.each([
    visitPublicPlaces,
    visitSignIn,
    visitSecondFactor,
    visitSignUp,
    visitSessions,
    visitReturns,
    visitAccount,
    visitOrganizations,
    visitUsers,
    visitServerSessions,
    visitServerOrganizations,
    visitRoles,
    visitInvited,
    visitInstance,
    visitMachines,
    visitApiKeys,
    visitOAuth,
    visitHandshake,
    visitPages,
    visitUndescribedRefusals,
  ])('goes through: %o', async (visit) => {
    const before = tour.failed.length
    await visit(tour)
    expect(tour.failed.slice(before)).toEqual([])
  })

  it('comes by everything that works', () => {
    const all = [
      ...frontendOperations.map(({ id }) => `frontend ${id}`),
      ...backendOperations.map(({ id }) => `backend ${id}`),
    ]
    expect(all.filter((name) => !tour.worked.has(name))).toEqual([])
  })

  it('finds that strangers, nobody and a wrong key were let do nothing', () => {
    expect(tour.leaked).toEqual([])
    expect(tour.attempts.stranger).toBeGreaterThan(50)
    expect(tour.attempts.nobody).toBeGreaterThan(50)
    expect(tour.attempts.wrongKey).toBeGreaterThan(100)
  })

  it('finds that a member that Clerk does not know was refused by all', () => {
    expect(tour.swallowed).toEqual([])
    expect(tour.attempts.unknownMember).toBeGreaterThan(200)
  })

  const law = () => {
    expectHonest(tour.kit.recording)
    const { valid, excused } = honestyOf(tour.kit.recording)
    expect(valid).toBeGreaterThan(500)
    expect([...excused].sort()).toEqual(exceptions.map(nameOf).sort())
  }
  it.skipIf(!descriptionsAreHere)('finds that all said is as Clerk describes it', law, readLimitMs)
})
