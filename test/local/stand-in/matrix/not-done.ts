import type { Case } from './kit.ts'

/** A call that the stand-in does not do, and the operation of Clerk's description that it is. */
type Missing = readonly [operationId: string, call: Case]

const file = new Blob(['x'])
const email = {
  from: { address: 'a@example.com' },
  to: { address: 'b@example.com' },
  subject: 's',
  text: 't',
}

/** What Clerk has and the stand-in has not: 501, with the id of the operation. */
export const notDone: Readonly<Record<string, Missing>> = {
  'agentTasks.create': [
    'CreateAgentTask',
    ({ sdk, ada }) =>
      sdk.agentTasks.create({
        onBehalfOf: { userId: ada },
        permissions: '*',
        agentName: 'a',
        taskDescription: 't',
        redirectUrl: 'http://localhost',
      }),
  ],
  'agentTasks.revoke': ['RevokeAgentTask', ({ sdk }) => sdk.agentTasks.revoke('x')],
  'allowlistIdentifiers.getAllowlistIdentifierList': [
    'ListAllowlistIdentifiers',
    ({ sdk }) => sdk.allowlistIdentifiers.getAllowlistIdentifierList(),
  ],
  'allowlistIdentifiers.createAllowlistIdentifier': [
    'CreateAllowlistIdentifier',
    ({ sdk }) =>
      sdk.allowlistIdentifiers.createAllowlistIdentifier({ identifier: 'x', notify: false }),
  ],
  'allowlistIdentifiers.deleteAllowlistIdentifier': [
    'DeleteAllowlistIdentifier',
    ({ sdk }) => sdk.allowlistIdentifiers.deleteAllowlistIdentifier('x'),
  ],
  'billing.getPlanList': ['GetCommercePlanList', ({ sdk }) => sdk.billing.getPlanList()],
  'billing.cancelSubscriptionItem': [
    'CancelCommerceSubscriptionItem',
    ({ sdk }) => sdk.billing.cancelSubscriptionItem('x'),
  ],
  'billing.extendSubscriptionItemFreeTrial': [
    'ExtendBillingSubscriptionItemFreeTrial',
    ({ sdk }) => sdk.billing.extendSubscriptionItemFreeTrial('x', { extendTo: new Date(0) }),
  ],
  'billing.getOrganizationBillingSubscription': [
    'GetOrganizationBillingSubscription',
    ({ sdk, acme }) => sdk.billing.getOrganizationBillingSubscription(acme),
  ],
  'billing.getUserBillingSubscription': [
    'GetUserBillingSubscription',
    ({ sdk, ada }) => sdk.billing.getUserBillingSubscription(ada),
  ],
  'blocklistIdentifiers.getBlocklistIdentifierList': [
    'ListBlocklistIdentifiers',
    ({ sdk }) => sdk.blocklistIdentifiers.getBlocklistIdentifierList(),
  ],
  'blocklistIdentifiers.createBlocklistIdentifier': [
    'CreateBlocklistIdentifier',
    ({ sdk }) => sdk.blocklistIdentifiers.createBlocklistIdentifier({ identifier: 'x' }),
  ],
  'blocklistIdentifiers.deleteBlocklistIdentifier': [
    'DeleteBlocklistIdentifier',
    ({ sdk }) => sdk.blocklistIdentifiers.deleteBlocklistIdentifier('x'),
  ],
  'domains.add': [
    'AddDomain',
    ({ sdk }) => sdk.domains.add({ name: 'example.com', is_satellite: true }),
  ],
  'domains.update': ['UpdateDomain', ({ sdk }) => sdk.domains.update({ domainId: 'x' })],
  'domains.delete': ['DeleteDomain', ({ sdk }) => sdk.domains.delete('x')],
  'domains.deleteDomain': ['DeleteDomain', ({ sdk }) => sdk.domains.deleteDomain('x')],
  'enterpriseConnections.createEnterpriseConnection': [
    'CreateEnterpriseConnection',
    ({ sdk }) =>
      sdk.enterpriseConnections.createEnterpriseConnection({
        name: 'x',
        domains: ['example.com'],
        provider: 'saml_custom',
      }),
  ],
  'enterpriseConnections.updateEnterpriseConnection': [
    'UpdateEnterpriseConnection',
    ({ sdk }) => sdk.enterpriseConnections.updateEnterpriseConnection('x', {}),
  ],
  'enterpriseConnections.getEnterpriseConnectionList': [
    'ListEnterpriseConnections',
    ({ sdk }) => sdk.enterpriseConnections.getEnterpriseConnectionList(),
  ],
  'enterpriseConnections.getEnterpriseConnection': [
    'GetEnterpriseConnection',
    ({ sdk }) => sdk.enterpriseConnections.getEnterpriseConnection('x'),
  ],
  'enterpriseConnections.deleteEnterpriseConnection': [
    'DeleteEnterpriseConnection',
    ({ sdk }) => sdk.enterpriseConnections.deleteEnterpriseConnection('x'),
  ],
  'instance.update': ['UpdateInstance', ({ sdk }) => sdk.instance.update({ testMode: true })],
  'instance.updateRestrictions': [
    'UpdateInstanceRestrictions',
    ({ sdk }) => sdk.instance.updateRestrictions({ allowlist: true }),
  ],
  'instance.getOrganizationSettings': [
    'GetInstanceOrganizationSettings',
    ({ sdk }) => sdk.instance.getOrganizationSettings(),
  ],
  'instance.updateOrganizationSettings': [
    'UpdateInstanceOrganizationSettings',
    ({ sdk }) => sdk.instance.updateOrganizationSettings({ enabled: true }),
  ],
  'oauthApplications.list': ['ListOAuthApplications', ({ sdk }) => sdk.oauthApplications.list()],
  'oauthApplications.get': ['GetOAuthApplication', ({ sdk }) => sdk.oauthApplications.get('x')],
  'oauthApplications.create': [
    'CreateOAuthApplication',
    ({ sdk }) => sdk.oauthApplications.create({ name: 'x' }),
  ],
  'oauthApplications.update': [
    'UpdateOAuthApplication',
    ({ sdk }) => sdk.oauthApplications.update({ oauthApplicationId: 'x', name: 'y' }),
  ],
  'oauthApplications.delete': [
    'DeleteOAuthApplication',
    ({ sdk }) => sdk.oauthApplications.delete('x'),
  ],
  'oauthApplications.rotateSecret': [
    'RotateOAuthApplicationSecret',
    ({ sdk }) => sdk.oauthApplications.rotateSecret('x'),
  ],
  'oauthApplications.revokeToken': [
    'RevokeOAuthApplicationToken',
    ({ sdk }) => sdk.oauthApplications.revokeToken({ oauthApplicationId: 'x', token: 'y' }),
  ],
  'organizations.updateOrganizationLogo': [
    'UploadOrganizationLogo',
    ({ sdk, acme }) => sdk.organizations.updateOrganizationLogo(acme, { file }),
  ],
  'organizations.deleteOrganizationLogo': [
    'DeleteOrganizationLogo',
    ({ sdk, acme }) => sdk.organizations.deleteOrganizationLogo(acme),
  ],
  'proxyChecks.verify': [
    'VerifyDomainProxy',
    ({ sdk }) => sdk.proxyChecks.verify({ domainId: 'x', proxyUrl: 'http://localhost/__clerk' }),
  ],
  'roleSets.getRoleSetList': ['ListRoleSets', ({ sdk }) => sdk.roleSets.getRoleSetList()],
  'roleSets.getRoleSet': ['GetRoleSet', ({ sdk }) => sdk.roleSets.getRoleSet('x')],
  'roleSets.createRoleSet': [
    'CreateRoleSet',
    ({ sdk }) =>
      sdk.roleSets.createRoleSet({
        name: 'x',
        roles: ['org:admin'],
        defaultRoleKey: 'org:admin',
        creatorRoleKey: 'org:admin',
      }),
  ],
  'roleSets.updateRoleSet': [
    'UpdateRoleSet',
    ({ sdk }) => sdk.roleSets.updateRoleSet({ roleSetKeyOrId: 'x', name: 'y' }),
  ],
  'roleSets.addRolesToRoleSet': [
    'AddRolesToRoleSet',
    ({ sdk }) => sdk.roleSets.addRolesToRoleSet({ roleSetKeyOrId: 'x', roleKeys: ['y'] }),
  ],
  'roleSets.replaceRoleInRoleSet': [
    'ReplaceRoleInRoleSet',
    ({ sdk }) =>
      sdk.roleSets.replaceRoleInRoleSet({
        roleSetKeyOrId: 'x',
        roleKey: 'y',
        toRoleKey: 'z',
      }),
  ],
  'roleSets.replaceRoleSet': [
    'ReplaceRoleSet',
    ({ sdk }) => sdk.roleSets.replaceRoleSet({ roleSetKeyOrId: 'x', destRoleSetKey: 'y' }),
  ],
  'signUps.get': ['GetSignUp', ({ sdk }) => sdk.signUps.get('x')],
  'signUps.update': [
    'UpdateSignUp',
    ({ sdk }) => sdk.signUps.update({ signUpAttemptId: 'x', externalId: 'y' }),
  ],
  'users.updateUserProfileImage': [
    'SetUserProfileImage',
    ({ sdk, ada }) => sdk.users.updateUserProfileImage(ada, { file }),
  ],
  'users.getUserOauthAccessToken': [
    'GetOAuthAccessToken',
    ({ sdk, ada }) => sdk.users.getUserOauthAccessToken(ada, 'google'),
  ],
  'users.deleteUserPasskey': [
    'UserPasskeyDelete',
    ({ sdk, ada }) => sdk.users.deleteUserPasskey({ userId: ada, passkeyIdentificationId: 'x' }),
  ],
  'users.deleteUserWeb3Wallet': [
    'UserWeb3WalletDelete',
    ({ sdk, ada }) =>
      sdk.users.deleteUserWeb3Wallet({ userId: ada, web3WalletIdentificationId: 'x' }),
  ],
  'users.deleteUserExternalAccount': [
    'DeleteExternalAccount',
    ({ sdk, ada }) => sdk.users.deleteUserExternalAccount({ userId: ada, externalAccountId: 'x' }),
  ],
  'users.setPasswordCompromised': [
    'SetUserPasswordCompromised',
    ({ sdk, ada }) => sdk.users.setPasswordCompromised(ada),
  ],
  'users.unsetPasswordCompromised': [
    'UnsetUserPasswordCompromised',
    ({ sdk, ada }) => sdk.users.unsetPasswordCompromised(ada),
  ],
  'webhooks.createSvixApp': ['CreateSvixApp', ({ sdk }) => sdk.webhooks.createSvixApp()],
  'webhooks.generateSvixAuthURL': [
    'GenerateSvixAuthURL',
    ({ sdk }) => sdk.webhooks.generateSvixAuthURL(),
  ],
  'webhooks.deleteSvixApp': ['DeleteSvixApp', ({ sdk }) => sdk.webhooks.deleteSvixApp()],
  'samlConnections.getSamlConnectionList': [
    'ListSAMLConnections',
    ({ sdk }) => sdk.samlConnections.getSamlConnectionList(),
  ],
  'samlConnections.createSamlConnection': [
    'CreateSAMLConnection',
    ({ sdk }) =>
      sdk.samlConnections.createSamlConnection({
        name: 'x',
        provider: 'saml_custom',
        domain: 'example.com',
      }),
  ],
  'samlConnections.getSamlConnection': [
    'GetSAMLConnection',
    ({ sdk }) => sdk.samlConnections.getSamlConnection('x'),
  ],
  'samlConnections.updateSamlConnection': [
    'UpdateSAMLConnection',
    ({ sdk }) => sdk.samlConnections.updateSamlConnection('x', {}),
  ],
  'samlConnections.deleteSamlConnection': [
    'DeleteSAMLConnection',
    ({ sdk }) => sdk.samlConnections.deleteSamlConnection('x'),
  ],
}

/** What Clerk's client calls and Clerk's description has not: 404, as for anything that nobody knows. */
export const undescribed: Readonly<Record<string, Case>> = {
  '__experimental_accountlessApplications.createAccountlessApplication': ({ sdk }) =>
    sdk.__experimental_accountlessApplications.createAccountlessApplication(),
  '__experimental_accountlessApplications.completeAccountlessApplicationOnboarding': ({ sdk }) =>
    sdk.__experimental_accountlessApplications.completeAccountlessApplicationOnboarding(),
  'betaFeatures.changeDomain': ({ sdk }) =>
    sdk.betaFeatures.changeDomain({ homeUrl: 'http://localhost' }),
  'emails.create': ({ sdk }) => sdk.emails.create(email),
  'emails.createBatch': ({ sdk }) => sdk.emails.createBatch([email]),
  'emails.get': ({ sdk }) => sdk.emails.get('x'),
  'sessions.verifySession': ({ sdk, ada }) => sdk.sessions.verifySession(ada, 'x'),
}
