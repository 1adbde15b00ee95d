/**
 * Holds what the stand-in says, and what it is told, against Clerk's published descriptions of both APIs. Tests call it
 * with everything that they recorded, so that the stand-in cannot drift into a dialect that only Usher speaks.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { findOperation } from '../../src/local/clerk/kernel/operation.ts'
import type { Api, Described, Node } from './descriptions.ts'
import { asNode, escapePointer, openDescription, resolve } from './descriptions.ts'

/** What was asked of the stand-in, and what it answered. */
export interface Exchange {
  readonly api: Api
  readonly method: string
  /** As the description has it: with `/v1` in the Frontend API, without in the Backend API. */
  readonly pathname: string
  /** The members of the query, without those that Clerk's script adds to every address. */
  readonly query: Node
  /** The members of the body; `undefined` for one that is neither a form nor a JSON object. */
  readonly body: Node | undefined
  readonly bodyType: string
  readonly status: number
  /** The parsed answer; `undefined` where it is not JSON. */
  readonly answer: unknown
}

/** One point in which an exchange is not what the description says. */
export interface Mismatch {
  readonly operation: string
  readonly status: number
  /** `answer` or `request`, and where in it: `answer/response/user/email_addresses/*`. */
  readonly pointer: string
  readonly message: string
}

/** What was found about one exchange. */
export interface Verdict {
  /** `uncounted`: the description has nothing to say of it. */
  readonly kind: 'valid' | 'invalid' | 'uncounted'
  readonly operation: string
  readonly mismatches: readonly Mismatch[]
}

/** What Clerk's SDK asks for though no description has it. */
export const undescribed: readonly string[] = ['GET /clients/handshake_payload']

/** What every server answers, whatever is asked, so that no description lists it with each operation. */
const anywhere: readonly number[] = [404, 413, 415, 421, 429, 501, 503]
/** Codes by which the stand-in refuses what it could not even read. */
const unread = /^(form_param_unknown|clerk_key_invalid|authentication_invalid|origin_invalid)$/

// Schemas are compiled when they are first met, and each is a function of its own: far less to compile in all.
const options = { strict: false, allErrors: true, logger: false, inlineRefs: false } as const
const ajv = new Ajv(options)
const coercing = new Ajv({ ...options, coerceTypes: 'array' })
formats.default(ajv)
formats.default(coercing)

/** Judges one exchange by Clerk's description. */
export function judge(exchange: Exchange): Verdict {
  const { api, method, pathname, status } = exchange
  const { operations } = openDescription(api)
  const isExtra = undescribed.includes(`${method} ${pathname}`)
  const found = isExtra ? undefined : findOperation(operations, method, pathname)?.found
  const operation = found?.id ?? `${method} ${pathname}`
  if (status === 501) return { kind: 'uncounted', operation, mismatches: [] }
  const answers = found && judgeAnswer(exchange, found)
  const mismatches = [
    ...(answers ?? envelope(exchange)),
    ...(found !== undefined && status < 400 ? judgeRequest(exchange, found) : []),
  ].map((one) => ({ ...one, operation, status }))
  if (mismatches.length > 0) return { kind: 'invalid', operation, mismatches }
  return { kind: answers === undefined ? 'uncounted' : 'valid', operation, mismatches }
}

/** Judges the body of a webhook by Clerk's description of the events. */
export function judgeEvent(body: string): Verdict {
  const event = asNode(JSON.parse(body))
  const operation = String(event.type)
  const { 'x-webhooks': events } = openDescription('webhooks').root
  if (!Object.hasOwn(asNode(events), operation)) {
    return { kind: 'uncounted', operation, mismatches: [] }
  }
  const at = `/x-webhooks/${operation}/post/requestBody/content/application~1json/schema`
  const validate = validator(ajv, 'webhooks', at)
  if (validate(event)) return { kind: 'valid', operation, mismatches: [] }
  const found = findings('event', validate)
  return {
    kind: 'invalid',
    operation,
    mismatches: found.map((one) => ({ ...one, operation, status: 0 })),
  }
}

type Finding = Pick<Mismatch, 'pointer' | 'message'>

/** `undefined` where the description does not speak of such an answer and need not. */
function judgeAnswer(exchange: Exchange, found: Described): readonly Finding[] | undefined {
  const { api, status, answer } = exchange
  const { responses } = found.operation
  const described = asNode(responses)[String(status)]
  if (described === undefined) {
    const isExpected = anywhere.includes(status) || unread.test(codeOf(answer))
    return isExpected ? undefined : [{ pointer: 'answer', message: `${status} is not described` }]
  }
  if (status === 404) return undefined
  const { node, pointer } = resolve(openDescription(api), described)
  const at = pointer ?? `${found.pointer}/responses/${status}`
  const content = asNode(node.content)
  if (Object.keys(content).length === 0) return []
  if (content['application/json'] === undefined) return undefined
  if (answer === undefined) return [{ pointer: 'answer', message: 'is not JSON' }]
  const validate = validator(ajv, api, `${at}/content/application~1json/schema`)
  return validate(answer) ? [] : findings('answer', validate)
}

/** An error that no description lists must be in Clerk's envelope all the same. */
function envelope({ api, status, answer }: Exchange): readonly Finding[] {
  if (status < 400 || answer === undefined) return []
  const validate = validator(ajv, api, '/components/schemas/ClerkErrors')
  return validate(answer) ? [] : findings('answer', validate)
}

/** What the stand-in said yes to must be something that Clerk knows. */
function judgeRequest(exchange: Exchange, found: Described): readonly Finding[] {
  return [...judgeQuery(exchange, found), ...judgeBody(exchange, found)]
}

function judgeQuery({ api, query }: Exchange, found: Described): readonly Finding[] {
  const description = openDescription(api)
  const { parameters } = found.operation
  const all = Array.isArray(parameters) ? parameters : []
  const known = all
    .map((one, index) => ({
      at: `${found.pointer}/parameters/${index}`,
      ...resolve(description, one),
    }))
    .filter(({ node }) => node.in === 'query')
  // Clerk's Frontend API reads members of forms from the query of a GET, too.
  return Object.entries(query).flatMap(([name, value]) => {
    const parameter = known.find(({ node }) => node.name === name || node.name === `${name}[]`)
    const pointer = `request/query/${name}`
    if (parameter === undefined) return [{ pointer, message: 'is not described' }]
    const validate = validator(coercing, api, `${parameter.pointer ?? parameter.at}/schema`)
    return validate(value) ? [] : findings(pointer, validate)
  })
}

function judgeBody({ api, body, bodyType }: Exchange, found: Described): readonly Finding[] {
  if (body === undefined || Object.keys(body).length === 0) return []
  const description = openDescription(api)
  const { node, pointer = `${found.pointer}/requestBody` } = resolve(
    description,
    found.operation.requestBody,
  )
  const content = asNode(node.content)
  const type = content[bodyType] === undefined ? Object.keys(content)[0] : bodyType
  if (type === undefined) return [{ pointer: 'request/body', message: 'is not described' }]
  const at = `${pointer}/content/${escapePointer(type)}/schema`
  const isForm = bodyType !== 'application/json'
  const validate = validator(isForm ? coercing : ajv, api, at)
  const unknown = unknownMembers(api, asNode(content[type]).schema, body)
  // A form has texts only: what is an object is written as JSON, and some members are JSON by themselves.
  const isRight = validate({ ...body }) || (isForm && validate(withObjects(body)))
  return [...unknown, ...(isRight ? [] : findings('request/body', validate))]
}

/** Members that the description does not name, though it does not forbid them in so many words either. */
function unknownMembers(api: Api, schema: unknown, body: Node): readonly Finding[] {
  const { node } = resolve(openDescription(api), schema)
  const { properties, additionalProperties, oneOf, anyOf, allOf } = node
  if (properties === undefined || oneOf || anyOf || allOf) return []
  if (additionalProperties !== undefined && additionalProperties !== false) return []
  return Object.keys(body)
    .filter((name) => !Object.hasOwn(asNode(properties), name))
    .map((name) => ({ pointer: `request/body/${name}`, message: 'is not described' }))
}

function withObjects(body: Node): Node {
  const entries = Object.entries(body).map(([name, value]) => {
    if (typeof value !== 'string' || !/^[{[]/.test(value)) return [name, value] as const
    try {
      return [name, JSON.parse(value) as unknown] as const
    } catch {
      return [name, value] as const
    }
  })
  return Object.fromEntries(entries)
}

function validator(engine: Ajv, api: Api | 'webhooks', pointer: string): ValidateFunction {
  if (engine.getSchema(api) === undefined) engine.addSchema(openDescription(api).root, api)
  const found = engine.getSchema(`${api}#${encodeURI(pointer)}`)
  if (found !== undefined) return found
  throw new Error(`The description of the ${api} has nothing at ${pointer}`)
}

function findings(root: string, { errors }: ValidateFunction): readonly Finding[] {
  const all = nearest(errors ?? []).map((error) => ({
    pointer: `${root}${error.instancePath.replace(/\/\d+(?=\/|$)/g, '/*')}${memberOf(error)}`,
    message: messageOf(error),
  }))
  return all.filter(
    (one, index) =>
      all.findIndex((other) => other.pointer === one.pointer && other.message === one.message) ===
      index,
  )
}

/** Where one of several schemas was to fit, only what the one that fits best has to say. */
function nearest(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const told = errors.filter(({ keyword, params }) => !isEcho(keyword, asNode(params)))
  const choice = told.find(({ keyword }) => keyword === 'oneOf')
  if (choice === undefined) return told.length === 0 ? errors : told
  const isInside = (error: ErrorObject) =>
    error !== choice && error.instancePath.startsWith(choice.instancePath)
  const schemas = Map.groupBy(told.filter(isInside), ({ schemaPath }) => schemaOf(schemaPath))
  const [best = []] = [...schemas.values()].sort((one, other) => one.length - other.length)
  const others = told.filter((error) => error !== choice && !isInside(error))
  return [...(others.length > 0 ? nearest(others) : []), ...(best.length > 0 ? best : [choice])]
}

function schemaOf(schemaPath: string): string {
  return /\/(?:schemas|oneOf)\/([^/]+)/.exec(schemaPath)?.[1] ?? ''
}

/** What a schema that may be `null` says besides of a value that is neither `null` nor right. */
function isEcho(keyword: string, { type }: Node): boolean {
  return keyword === 'anyOf' || (keyword === 'type' && type === 'null')
}

/** The member that is missing or too much. */
function memberOf({ params }: ErrorObject): string {
  const { additionalProperty, missingProperty } = asNode(params)
  const name = additionalProperty ?? missingProperty
  return name === undefined ? '' : `/${String(name)}`
}

function messageOf({ message = 'is wrong', params }: ErrorObject): string {
  const { allowedValues } = asNode(params)
  return allowedValues === undefined ? message : `${message}: ${JSON.stringify(allowedValues)}`
}

function codeOf(answer: unknown): string {
  const { errors } = asNode(answer)
  return Array.isArray(errors) ? String(asNode(errors[0]).code) : ''
}
