package io.tocsin.match;

/** One text form of a field, with what was found out about it. */
final class Value {
    final String text;
    final String folded;

    /** Detections that may match an event with this value, each once. */
    int[] candidates = Index.NONE;

    /** Numbers of tests times two, plus 1 where they pass, by their hash; 0 is none. */
    private int[] answers = {};

    private int answered;

    Value(String text, String folded) {
        this.text = text;
        this.folded = folded;
    }

    /** The result of a test that costs something, computed once a value; numbers begin with 1. */
    boolean passes(Test test, int number) throws Costly {
        int mask = answers.length - 1;
        for (int bucket = number & mask; mask >= 0 && answers[bucket] != 0; bucket = bucket + 1 & mask) {
            if (answers[bucket] >> 1 == number) {
                return (answers[bucket] & 1) == 1;
            }
        }
        boolean answer = test.passes(this);
        if (answered * 2 >= answers.length) {
            int[] old = answers;
            answers = new int[Math.max(8, old.length * 2)];
            for (int entry : old) {
                keep(entry);
            }
        }
        keep(number << 1 | (answer ? 1 : 0));
        answered++;
        return answer;
    }

    private void keep(int entry) {
        int bucket = entry >> 1 & answers.length - 1;
        while (entry != 0 && answers[bucket] != 0) {
            bucket = bucket + 1 & answers.length - 1;
        }
        if (entry != 0) {
            answers[bucket] = entry;
        }
    }
}
