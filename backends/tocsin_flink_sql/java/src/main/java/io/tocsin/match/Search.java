package io.tocsin.match;

import java.util.regex.Pattern;

/**
 * A regular expression, looked for in the text.
 *
 * <p>Java goes back where RE2 does not, for some patterns without end: it gets so many steps a text.
 */
record Search(Pattern pattern) implements Test {
    static final int STEPS = 5_000_000;

    @Override
    public boolean passes(Value value) throws Costly {
        try {
            return pattern.matcher(new Counted(value.text, new int[] {STEPS})).find();
        } catch (OutOfSteps | StackOverflowError end) {
            throw new Costly("a regular expression took too long on one text");
        }
    }

    @Override
    public boolean expensive() {
        return true;
    }

    @SuppressWarnings("serial")
    private static final class OutOfSteps extends RuntimeException {
        OutOfSteps() {
            super(null, null, false, false);
        }
    }

    /** Counts how often a character is looked at. */
    private record Counted(String text, int[] left) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (--left[0] < 0) {
                throw new OutOfSteps();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
