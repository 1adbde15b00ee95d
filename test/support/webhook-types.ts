const words: Readonly<Record<string, readonly string[]>> = {
  email: ['created'],
  organization: ['created', 'updated', 'deleted'],
  organizationDomain: ['created', 'updated', 'deleted'],
  organizationInvitation: ['created', 'accepted', 'revoked'],
  organizationMembership: ['created', 'updated', 'deleted'],
  paymentAttempt: ['created', 'updated'],
  permission: ['created', 'updated', 'deleted'],
  role: ['created', 'updated', 'deleted'],
  session: ['created', 'pending', 'ended', 'removed', 'revoked'],
  sms: ['created'],
  subscription: ['created', 'updated', 'active', 'pastDue'],
  subscriptionItem: [
    ...['abandoned', 'active', 'canceled', 'ended', 'freeTrialEnding'],
    ...['incomplete', 'pastDue', 'upcoming', 'updated'],
  ],
  user: ['created', 'updated', 'deleted'],
  waitlistEntry: ['created', 'updated'],
}

/** The types of the 45 webhooks that Clerk describes. */
export const webhookTypes: readonly string[] = Object.entries(words).flatMap(([subject, ends]) =>
  ends.map((end) => `${subject}.${end}`),
)
