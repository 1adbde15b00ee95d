import { wrongParameter } from '../kernel/complaint.ts'
import { type Field, flag, number } from '../kernel/fields.ts'

/** The members by which every list of the Backend API is paged. */
export const pageFields: {
  readonly limit: Field<number>
  readonly offset: Field<number>
} = { limit: number(1, 500), offset: number(0, Number.MAX_SAFE_INTEGER) }

/** The same for lists that are bare where nobody asks for pages. */
export const paginatedFields: typeof pageFields & { readonly paginated: Field<boolean> } = {
  ...pageFields,
  paginated: flag,
}

interface PageInput {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  readonly paginated?: boolean | undefined
}

/** The page that is asked for. */
export function pageOf<T>(all: readonly T[], { limit = 10, offset = 0 }: PageInput): readonly T[] {
  return all.slice(offset, offset + limit)
}

/** A page with the number of all. */
export function countedPage<T>(
  all: readonly T[],
  input: PageInput,
  view: (item: T) => object,
): object {
  return { data: pageOf(all, input).map(view), total_count: all.length }
}

/** A page with the number of all where `paginated` is asked for, and else the page alone. */
export function pageAsAsked<T>(
  all: readonly T[],
  input: PageInput,
  view: (item: T) => object,
): unknown {
  return input.paginated ? countedPage(all, input, view) : pageOf(all, input).map(view)
}

/** In which order a list is wanted. */
export interface Order<Column extends string> {
  readonly column: Column
  readonly isDescending: boolean
}

/** `created_at`, `+created_at` or `-created_at`; of several, Clerk takes the first. */
export function orderBy<const Column extends string>(
  columns: readonly Column[],
): Field<Order<Column>> {
  return (value, name) => {
    const [first]: readonly unknown[] = Array.isArray(value) ? value : [value]
    // A plus sign that nobody encoded is a space.
    const [, sign, word] = /^([-+ ]?)(\w+)$/.exec(String(first)) ?? []
    const column = columns.find((one) => one === word)
    if (column !== undefined) return { column, isDescending: sign === '-' }
    throw wrongParameter(
      'form_param_value_invalid',
      name,
      `${name} does not match one of the allowed values.`,
    )
  }
}

/** The items in order; those that are equal stay in the order in which they were made, or in its reverse. */
export function ordered<T, Column extends string>(
  items: readonly T[],
  { column, isDescending }: Order<Column>,
  read: (item: T, column: Column) => string | number | null,
): readonly T[] {
  const ascending = items
    .map((item) => ({ item, value: read(item, column) ?? '' }))
    .sort((one, other) => compare(one.value, other.value))
    .map(({ item }) => item)
  return isDescending ? ascending.reverse() : ascending
}

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** The newest first. */
export function newestFirst<T extends { readonly createdAt: number }>(
  items: readonly T[],
): readonly T[] {
  const order = { column: 'created_at', isDescending: true }
  return ordered(items, order, ({ createdAt }) => createdAt)
}

/** Names with a minus sign are left out of what is found, and those with a plus sign or none make it up. */
export function isAmong(own: readonly string[], wanted: readonly string[] | undefined): boolean {
  if (wanted === undefined) return true
  const excluded = wanted.filter((one) => one.startsWith('-')).map((one) => one.slice(1))
  const included = wanted
    .filter((one) => !one.startsWith('-'))
    .map((one) => one.replace(/^[+ ]/, ''))
  return (
    !own.some((one) => excluded.includes(one)) &&
    (included.length === 0 || own.some((one) => included.includes(one)))
  )
}
