import { describe, expect, it } from 'vitest'
import { networksOf } from '../../src/model/network.ts'

describe('the networks of an address', () => {
  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0DB8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['2001:0:0:1::1', '2001:0:0:1::/64', '2001:0:0::/48'],
    ['::2:0:0:0:0', '0:0:0:2::/64', '0:0:0::/48'],
    ['0:0:0:2::', '0:0:0:2::/64', '0:0:0::/48'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64', '1:2:3::/48'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64', '0:2:3::/48'],
    ['::', '0:0:0:0::/64', '0:0:0::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
    ['1::', '1:0:0:0::/64', '1:0:0::/48'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64', '1:2:3::/48'],
    ['0001:0002:0003:0004:0005:0006:192.100.200.255', '1:2:3:4::/64', '1:2:3::/48'],
  ])('%s is in %s and %s', (address, ...networks) => {
    expect(networksOf(address)).toEqual(networks)
  })

  it.each([
    ['192.0.2.1', '::ffff:c000:201'],
    ['0.0.0.0', '::ffff:0:0'],
    ['0.0.0.1', '::ffff:0:1'],
    ['255.255.255.255', '::ffff:ffff:ffff'],
  ])('%s is in a network of its own, %s', (address, network) => {
    expect(networksOf(address)).toEqual([network])
  })

  it.each([
    '::ffff:192.0.2.1',
    '::FFFF:192.0.2.1',
    '0:0:0:0:0:ffff:192.0.2.1',
    '::ffff:c000:201',
    '::ffff:C000:0201',
    '0000:0000:0000:0000:0000:ffff:c000:0201',
  ])('%s is an IPv4 address in another dress', (address) => {
    expect(networksOf(address)).toEqual(networksOf('192.0.2.1'))
  })

  it.each(['::fffe:192.0.2.1', '1::ffff:192.0.2.1', '::ffff:0:192.0.2.1', '::ffff', '::ffff:1'])(
    '%s is none',
    (address) => {
      expect(networksOf(address)).toHaveLength(2)
    },
  )

  it.each([
    '',
    ' ',
    'unknown',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.1.5',
    '192.0.2.1:80',
    '0xc0.0.2.1',
    '192.0.513',
    '3221225985',
    'abcd',
    'ab.cd',
    '192.0.2.1, 192.0.2.2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':1::',
    ':::',
    '12345::',
    'g::',
    '192.0.2.1::',
    '::192.0.2.1:1',
    '[::1]',
    '::1]',
    '::1]:80/[',
    '::1]/x',
    '::1]#[',
    'x@[::1',
    '::\t1',
    '::1\n',
    ' ::1',
    '::%31',
    'fe80::1%eth0',
    'fe80::1%25eth0',
    `::${'0'.repeat(100)}1`,
    'x'.repeat(100_000),
  ])('what is no address is in one with all the rest: %j', (address) => {
    expect(networksOf(address)).toEqual([''])
  })

  it('tells neighbours of another network apart, and neighbours of the same not', () => {
    const counts = (make: (index: number) => string) => {
      const all = Array.from({ length: 1000 }, (_, index) => networksOf(make(index)))
      return [0, 1].map((place) => new Set(all.map((networks) => networks[place])).size)
    }
    expect(counts((index) => `2001:db8:${index.toString(16)}::1`)).toEqual([1000, 1000])
    expect(counts((index) => `2001:db8:1:${index.toString(16)}::1`)).toEqual([1000, 1])
    expect(counts((index) => `2001:db8:1:2:${index.toString(16)}::1`)).toEqual([1, 1])
    expect(counts((index) => `10.0.${index >> 8}.${index & 255}`)).toEqual([1000, 1])
  })
})
