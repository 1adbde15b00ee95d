/** Where the gateway at an origin would take webhooks: they are sent there where nobody names another address. */
export function gatewaysIntake(applicationOrigin: string): string {
  return `${applicationOrigin}/_usher/webhooks/clerk`
}
