import type { Message } from './records.ts'

/** What Clerk tells of a message that it sends: the type of the event, and its data. */
export function messageEvent(message: Message): { readonly type: string; readonly data: object } {
  const { id, channel, to, subject, code, link, userId, createdAt } = message
  const plain = [subject, code, link].filter((line) => line !== null).join('\n\n')
  const whatever = {
    id,
    slug: code === null ? 'link' : 'verification_code',
    user_id: userId,
    status: 'queued',
    delivered_by_clerk: true,
    data: { ...(code !== null && { otp_code: code }), ...(link !== null && { action_url: link }) },
  }
  if (channel === 'email') {
    const data = {
      ...whatever,
      object: 'email',
      from_email_name: 'notifications',
      reply_to_email_name: null,
      to_email_address: to,
      email_address_id: null,
      subject,
      body: plain,
      body_plain: plain,
    }
    return { type: 'email.created', data }
  }
  const data = {
    ...whatever,
    object: 'sms_message',
    from_phone_number: '+15555550100',
    to_phone_number: to,
    phone_number_id: null,
    message: plain,
    created_at_ms: createdAt,
  }
  return { type: 'sms.created', data }
}
