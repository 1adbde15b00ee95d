import { type Field, type InputOf, text } from '../kernel/fields.ts'
import { countedPage, newestFirst, type Order, orderBy, ordered, pageFields } from './lists.ts'

interface Named {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly createdAt: number
}

/** How roles and permissions are sought and ordered. */
export const namedListFields: typeof pageFields & {
  readonly query: Field<string>
  readonly order_by: Field<Order<'created_at' | 'name' | 'key'>>
} = { ...pageFields, query: text(), order_by: orderBy(['created_at', 'name', 'key']) }

/** The page that is asked for of what has an id, a name and a key. */
export function namedPage<T extends Named>(
  all: readonly T[],
  input: InputOf<typeof namedListFields>,
  view: (item: T) => object,
): object {
  const { query, order_by: order } = input
  const sought = query?.trim().toLowerCase() ?? ''
  const found = newestFirst(all).filter(
    ({ id, name, key }) => id === query || `${name}\n${key}`.toLowerCase().includes(sought),
  )
  const sorted =
    order === undefined
      ? found
      : ordered(found, order, ({ createdAt, name, key }, column) => {
          if (column === 'created_at') return createdAt
          return column === 'name' ? name.toLowerCase() : key
        })
  return countedPage(sorted, input, view)
}
