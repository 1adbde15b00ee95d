import { describe, expect, it } from 'vitest'
import { localGateway } from '../../src/local/clerk/machines.ts'
import { readOptions, UsageError } from '../../src/local/token-options.ts'

const read = (line: string) => readOptions(line.split(' '))

describe('the command line of npm run token', () => {
  it.each([
    ['--user ada', { type: 'session_token', user: 'ada', isOpaque: false, scopes: [] }],
    ['--user ada --org acme', { org: 'acme', expiresSeconds: undefined }],
    ['--user ada --expires=-5 --claims {"a":1}', { expiresSeconds: -5, claims: { a: 1 } }],
    ['--type jwt_template --user ada', { type: 'jwt_template', isOpaque: false }],
    ['--type oauth_token --user ada', { isOpaque: false, scopes: [] }],
    ['--type oauth_token --user ada --scope a,b --scope c', { scopes: ['a', 'b', 'c'] }],
    ['--type oauth_token --user ada --opaque', { isOpaque: true }],
    ['--type m2m_token --machine sensor', { machine: 'sensor', receiver: localGateway }],
    ['--type m2m_token --machine sensor --for mch_x --opaque', { receiver: 'mch_x' }],
    ['--type api_key --user ada', { isOpaque: true }],
    ['--type api_key --org acme --scope ingest', { org: 'acme', scopes: ['ingest'] }],
    ['--type api_key --machine sensor --opaque', { machine: 'sensor', isOpaque: true }],
  ])('%s is understood', (line, options) => {
    expect(read(line)).toMatchObject(options)
  })

  it.each([
    '--type constructor --user ada',
    '--type session --user ada',
    '--user ada --scope x',
    '--user ada --opaque',
    '--user ada --machine sensor',
    '--user ada --for mch_x',
    '--machine sensor',
    '--type jwt_template',
    '--type jwt_template --user ada --org acme',
    '--type jwt_template --user ada --opaque',
    '--type oauth_token',
    '--type oauth_token --machine sensor',
    '--type oauth_token --user ada --org acme',
    '--type oauth_token --user ada --opaque --header {}',
    '--type oauth_token --user ada --opaque --claims {}',
    '--type m2m_token',
    '--type m2m_token --user ada',
    '--type m2m_token --machine sensor --scope x',
    '--type m2m_token --machine sensor --for ada',
    '--type m2m_token --machine sensor --opaque --claims {}',
    '--type api_key',
    '--type api_key --user ada --org acme',
    '--type api_key --user ada --machine sensor',
    '--type api_key --user ada --claims {}',
    '--type api_key --user ada --for mch_x',
    '--type api_key --user ada --scope a,,b',
    '--type api_key --user ada --scope a"b',
    '--type api_key --user ada --expires never',
  ])('%s makes no sense', (line) => {
    expect(() => read(line)).toThrow(UsageError)
  })

  it('a scope has no blank in it', () => {
    const words = ['--type', 'api_key', '--user', 'ada', '--scope']
    expect(() => readOptions([...words, 'a b'])).toThrow(UsageError)
    expect(readOptions([...words, 'a']).scopes).toEqual(['a'])
  })
})
