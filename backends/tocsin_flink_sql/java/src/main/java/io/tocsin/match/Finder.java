package io.tocsin.match;

/** Finds all of many literals, in search form, in folded texts. */
interface Finder {
    /** Told each literal that ends at a character, the first being 0. */
    interface Found {
        void at(int literal, int last);
    }

    void run(String text, Found found);

    /** The same for a text of ASCII alone. */
    void run(byte[] ascii, int length, Found found);
}
