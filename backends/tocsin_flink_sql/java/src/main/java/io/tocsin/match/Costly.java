package io.tocsin.match;

/** A test used up its steps on one text. */
@SuppressWarnings("serial")
final class Costly extends Exception {
    Costly(String why) {
        super(why, null, false, false);
    }
}
