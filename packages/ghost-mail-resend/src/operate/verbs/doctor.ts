import { doctorVerb, pick } from '@prosora/service';
import { examine } from '../../doctor/doctor.ts';
import { readGhostConfig } from '../../doctor/ghost.ts';
import { mailOptions, placeOf, sitesOf } from '../../options.ts';
import { storeOptions } from './operator.ts';

export const doctor = doctorVerb({
  help: 'Looks at everything that keeps mail from going out or its events from coming in',
  flags: {
    'ghost-config': {
      type: 'string',
      value: 'FILE',
      help: "Look also at where Ghost's config sends newsletters and sign-in mails",
    },
  },
  needs: {
    ...storeOptions,
    ...pick(mailOptions, 'resendApiKey', 'resendBaseUrl', 'webhookSecrets', 'publicUrl', 'pixel'),
    ...pick(mailOptions, 'sites', 'apiKey', 'domains', 'smtpPort'),
  },
  examine({ flags: { 'ghost-config': file }, options }) {
    return examine({
      ...options,
      place: placeOf(options),
      sites: sitesOf(options),
      ...(file !== undefined && { ghost: readGhostConfig(file) }),
    });
  },
});
