package io.tocsin.match;

/** The bytes are not an event; the message says why. Thrown often, so it carries no stack trace. */
@SuppressWarnings("serial")
public final class Refused extends Exception {
    public Refused(String why) {
        super(why, null, false, false);
    }
}
