import { expect, it } from 'vitest'
import { backendOperations } from '../../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../../src/local/clerk/frontend/operations.ts'
import { Complaint } from '../../../src/local/clerk/kernel/complaint.ts'
import { exceptions } from '../../support/contract-exceptions.ts'
import {
  type Api,
  asNode,
  type Described,
  descriptionsAreHere,
  openDescription,
  resolve,
} from '../../support/descriptions.ts'
import { alwaysRefuse } from '../../support/ledger.ts'

/** What an operation may be told by its description, in the query and in the body. */
function describedMembers(api: Api, { operation }: Described): ReadonlySet<string> {
  const description = openDescription(api)
  const { parameters } = operation
  const all = (Array.isArray(parameters) ? parameters : []).map((one) => resolve(description, one))
  const names = new Set(all.map(({ node }) => String(node.name).replace('[]', '')))
  const add = (schema: unknown): void => {
    const { node } = resolve(description, schema)
    for (const name of Object.keys(asNode(node.properties))) names.add(name)
    for (const list of [node.allOf, node.anyOf, node.oneOf]) {
      if (Array.isArray(list)) list.forEach(add)
    }
    if (node.items !== undefined) add(node.items)
  }
  const { content } = resolve(description, operation.requestBody).node
  for (const one of Object.values(asNode(content))) add(asNode(one).schema)
  return names
}

type Probed = Pick<
  (typeof frontendOperations)[number] | (typeof backendOperations)[number],
  'id'
> & {
  readonly answer: (...words: never[]) => Promise<unknown>
}

/** Whether an operation says that it does not know a member, which it does before it looks at anything else. */
async function isUnknownTo({ answer }: Probed, name: string): Promise<boolean> {
  const nobody: unknown[] = [undefined, undefined, { [name]: Symbol(name) }]
  try {
    await Reflect.apply(answer, undefined, nobody)
    return false
  } catch (thrown) {
    if (!(thrown instanceof Complaint)) return false
    return thrown.code === 'form_param_unknown' || /not a valid param/.test(thrown.longMessage)
  }
}

const apis = { frontend: frontendOperations, backend: backendOperations }

it.skipIf(!descriptionsAreHere)(
  'no operation takes a member that Clerk describes for another one only',
  async () => {
    const excused = new Set(
      exceptions.map(({ operation, pointer }) => `${operation} ${pointer.split('/').at(-1)}`),
    )
    const described = (['frontend', 'backend'] as const).flatMap((api) =>
      openDescription(api).operations.map((one) => ({
        api,
        one,
        names: describedMembers(api, one),
      })),
    )
    const candidates = new Set(described.flatMap(({ names }) => [...names]))
    const taken: string[] = []
    let probes = 0
    let known = 0
    for (const { api, one, names } of described) {
      const operation = apis[api].find(({ id }) => id === one.id)
      if (operation === undefined || alwaysRefuse.has(one.id)) continue
      for (const name of names) if (!(await isUnknownTo(operation, name))) known += 1
      for (const name of candidates) {
        if (names.has(name) || excused.has(`${one.id} ${name}`)) continue
        probes += 1
        if (!(await isUnknownTo(operation, name))) taken.push(`${api} ${one.id}: ${name}`)
      }
    }
    expect(taken).toEqual([])
    expect(probes).toBeGreaterThan(40_000)
    expect(known).toBeGreaterThan(300)
  },
)
