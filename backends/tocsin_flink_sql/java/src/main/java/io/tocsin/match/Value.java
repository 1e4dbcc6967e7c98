package io.tocsin.match;

import java.util.Arrays;

/** One text form of a field, with what was found out about it. */
final class Value {
    final String text;
    final String folded;

    /** Detections that may match an event with this value, each once. */
    int[] candidates = Index.NONE;

    private int[] asked = {};
    private boolean[] answers = {};
    private int answered;

    Value(String text, String folded) {
        this.text = text;
        this.folded = folded;
    }

    /** The result of an expensive test, computed once a value. */
    boolean passes(Test test, int number) throws Costly {
        for (int i = 0; i < answered; i++) {
            if (asked[i] == number) {
                return answers[i];
            }
        }
        boolean answer = test.passes(this);
        if (answered == asked.length) {
            asked = Arrays.copyOf(asked, answered * 2 + 2);
            answers = Arrays.copyOf(answers, answered * 2 + 2);
        }
        asked[answered] = number;
        answers[answered++] = answer;
        return answer;
    }
}
