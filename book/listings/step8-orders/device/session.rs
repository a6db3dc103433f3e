// Under our name the broker keeps our subscriptions, and each task until we acknowledge it: by
// hand, when it is done.
options.set_clean_session(false);
options.set_manual_acks(true);
