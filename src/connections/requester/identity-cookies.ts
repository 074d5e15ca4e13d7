/** Names of cookies, and patterns of names. */
export type CookieNames = ReadonlyArray<string | RegExp>;

/** Cookies by which balancers, firewalls and content networks find the way, and tell bots from people. */
const OF_INFRASTRUCTURE = anyOf(
  'AWSALB.*|AWSELB.*|aws-waf-token|GCLB|GCILB|INGRESSCOOKIE|ARRAffinity.*|ApplicationGatewayAffinity.*|DO-LB|io|route',
  'SERVER(?:ID|USED).*|BIGipServer.*|TS[0-9a-f]{6,}|citrix_ns_id.*|NSC_.*|incap_ses_.*|visid_incap_.*|nlbi_.*',
  '__cf_?(?:bm|lb|ruid|duid|waitingroom)|_cfuvid|cf_(?:clearance|chl_.*|ob_info|use_ob)|ak_bmsc|bm_s[a-z]+|_abck',
  'datadome|_px.*|pxcts|reese84|.*(?:affinity|balancer|sticky).*',
);

/** Cookies that count visits, and those of chats and advertisements. */
const OF_ANALYTICS = anyOf(
  '_ga|_ga_.*|_gid|_gat.*|_gac_.*|_gcl_.*|_dc_gtm_.*|__utm.*|FPID|FPLC|FPAU|_fb[pc]|_hj.*|ajs_.*|amp_.*|amplitude_.*',
  'mp_.*mixpanel.*|mixpanel.*|intercom-.*|_cl[cs]k|_uet.*|_pk_.*|mtm_.*|hubspotutk|__hs.*|messagesUtk|_tt_.*|_?ttp',
  'ttcsid.*|_pin_.*|_rdt_.*|_sc?id.*|_?li_.*|optimizely.*|_vwo.*|_vis_opt_.*|_?dd_s|_lr_.*|ph_.*_posthog|rl_.*',
  '_sp_(?:id|ses).*|AMCVS?_.*|s_(?:cc|sq|vi|fid|ppv.*|nr.*)|mbox|kndctr_.*|__gads|__gpi|__eoi|IDE|NID|_shopify_[sy]',
  '__stripe_[ms]id|drift.*|crisp-client.*|__zlcmid|__lc_.*|tawk.*|_mkto_trk|__adroll.*|NREUM|NRAGENT|utag_main.*',
  '_cs_.*|plausible.*|matomo.*',
);

/** Cookies that remember a choice, or protect a form, and change with it. */
const OF_PAGES = anyOf(
  '.*(?:csrf|xsrf|consent|gdpr|ccpa|banner).*|.*cookie[-_.]?(?:law|policy|notice|bar|control|yes).*|Optanon.*',
  'cookieyes.*|didomi_token|_iub_.*|cmplz_.*|usprivacy|FCCDCF|FCNEC|axeptio.*|tarteaucitron|utm_.*',
);

/** Names that say who somebody is, or may become. */
const IDENTITY = /sess|sid$|(?:^|[^a-z])s?id$|auth|token|jwt|login|user|remember|identity|account|ticket|^sid/i;

/** A secret that nobody can guess is at least as long. */
const SHORTEST_SECRET = 16;

/**
 * Returns the cookies of a handshake that say who has opened the connection, as `name=value`: those that the
 * application names or, if it names none, those that may be a secret. That is a cookie whose name says so, or whose
 * value is long enough; all cookies where that is none. Cookies of balancers, of analytics and of forms never are.
 */
export function identityCookies(header: string | undefined, named: CookieNames | undefined): string[] {
  const cookies = cookiesIn(header);
  if (named) return cookies.filter((cookie) => named.some((one) => matches(one, nameOf(cookie))));
  const candidates = cookies.filter((cookie) => !isOfNobody(nameOf(cookie)));
  const secrets = candidates.filter(mayBeSecret);
  return secrets.length > 0 ? secrets : candidates;
}

/**
 * Returns those of the identity cookies that nobody else can know: those that the application names or, if it names
 * none, those whose name says who somebody is and whose value is long enough not to be guessed.
 */
export function secretCookies(header: string | undefined, named: CookieNames | undefined): string[] {
  const cookies = identityCookies(header, named);
  return named ? cookies : cookies.filter((cookie) => IDENTITY.test(nameOf(cookie)) && isLong(cookie));
}

/** Returns the cookies of a header, as `name=value`. */
export function cookiesIn(header: string | undefined): string[] {
  return (header ?? '').split(/;\s*/).filter((cookie) => cookie !== '');
}

export function nameOf(cookie: string): string {
  return cookie.split('=', 1)[0].trim();
}

function isOfNobody(name: string): boolean {
  return [OF_INFRASTRUCTURE, OF_ANALYTICS, OF_PAGES].some((kind) => kind.test(name));
}

function mayBeSecret(cookie: string): boolean {
  return IDENTITY.test(nameOf(cookie)) || isLong(cookie);
}

function isLong(cookie: string): boolean {
  return cookie.length - nameOf(cookie).length > SHORTEST_SECRET;
}

/** Tests with a copy of the expression, since one with the flag `g` remembers where it stopped. */
function matches(named: string | RegExp, name: string): boolean {
  return typeof named === 'string' ? named === name : new RegExp(named).test(name);
}

function anyOf(...alternatives: string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})$`, 'i');
}
