/** What every record has. Times are milliseconds since the epoch. */
export interface Dated {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
}
