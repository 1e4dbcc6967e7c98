package io.tocsin.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A regular expression as steps (Thompson's construction), over classes of code points that it does
 * not tell apart.
 */
final class Program {
    /** What a step does. */
    enum Kind {
        /** Takes a code point of its classes. */
        TAKE,
        /** Goes on at two steps. */
        SPLIT,
        /** Goes on if the place is such an edge. */
        EDGE,
        FOUND
    }

    /** One step; `next` is -1 until it is known, `other` is for `SPLIT`. */
    static final class Step {
        final Kind kind;
        final int[] ranges;
        final Expression.Edge edge;
        int next = -1;
        int other = -1;
        BitSet classes;

        Step(Kind kind, int[] ranges, Expression.Edge edge) {
            this.kind = kind;
            this.ranges = ranges;
            this.edge = edge;
        }
    }

    /** More than RE2 takes. */
    private static final int MOST_STEPS = 400_000;
    private static final int[] WORD = {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'};

    final List<Step> steps = new ArrayList<>();

    /** First code points of stretches, and the class of each. */
    private int[] stretches;

    private int[] classOf;
    private final char[] ascii = new char[128];
    int classes;

    /** Of each class whether it is of word characters, and whether it is the line break. */
    boolean[] word;

    boolean[] lineBreak;
    final int start;
    private int compiled;

    Program(Expression expression) throws Refused {
        int found = add(new Step(Kind.FOUND, null, null));
        start = compile(expression, found);
        classify();
    }

    private int add(Step step) throws Refused {
        if (steps.size() == MOST_STEPS) {
            throw new Refused("a regular expression is too large");
        }
        steps.add(step);
        return steps.size() - 1;
    }

    private int split(int next, int other) throws Refused {
        int made = add(new Step(Kind.SPLIT, null, null));
        steps.get(made).next = next;
        steps.get(made).other = other;
        return made;
    }

    /** Steps for the expression that go on at `next`; the first of them. */
    private int compile(Expression expression, int next) throws Refused {
        if (++compiled > 4 * MOST_STEPS) {
            throw new Refused("a regular expression is too large");
        }
        if (expression instanceof Expression.Chars chars) {
            int made = add(new Step(Kind.TAKE, chars.ranges(), null));
            steps.get(made).next = next;
            return made;
        }
        if (expression instanceof Expression.At at) {
            int made = add(new Step(Kind.EDGE, null, at.edge()));
            steps.get(made).next = next;
            return made;
        }
        if (expression instanceof Expression.Sequence sequence) {
            int first = next;
            for (int i = sequence.parts().size() - 1; i >= 0; i--) {
                first = compile(sequence.parts().get(i), first);
            }
            return first;
        }
        if (expression instanceof Expression.Either either) {
            int first = compile(either.parts().get(0), next);
            for (Expression part : either.parts().subList(1, either.parts().size())) {
                first = split(first, compile(part, next));
            }
            return first;
        }
        return repeat((Expression.Repeat) expression, next);
    }

    private int repeat(Expression.Repeat repeat, int next) throws Refused {
        int first = next;
        if (repeat.most() < 0) {
            first = split(-1, next);
            steps.get(first).next = compile(repeat.part(), first);
        }
        for (int i = repeat.least(); i < repeat.most(); i++) {
            first = split(compile(repeat.part(), first), next);
        }
        for (int i = 0; i < repeat.least(); i++) {
            first = compile(repeat.part(), first);
        }
        return first;
    }

    /** Joins code points that no step tells apart, word characters and the line break aside. */
    private void classify() {
        TreeSet<Integer> borders = new TreeSet<>(List.of(0, (int) '\n', '\n' + 1));
        addBorders(WORD, borders);
        List<Step> taking = steps.stream().filter(s -> s.kind == Kind.TAKE).toList();
        taking.forEach(step -> addBorders(step.ranges, borders));
        stretches = borders.stream().mapToInt(b -> b).toArray();
        classOf = new int[stretches.length];
        BitSet[] members = new BitSet[stretches.length];
        Arrays.setAll(members, i -> new BitSet());
        int wordBit = taking.size();
        for (int n = 0; n < taking.size(); n++) {
            mark(taking.get(n).ranges, n, members);
        }
        mark(WORD, wordBit, members);
        mark(new int[] {'\n', '\n'}, wordBit + 1, members);
        Map<BitSet, Integer> known = new HashMap<>();
        for (int i = 0; i < members.length; i++) {
            classOf[i] = known.computeIfAbsent(members[i], m -> known.size());
        }
        classes = known.size();
        word = new boolean[classes];
        lineBreak = new boolean[classes];
        taking.forEach(step -> step.classes = new BitSet(classes));
        known.forEach(
                (bits, number) -> {
                    word[number] = bits.get(wordBit);
                    lineBreak[number] = bits.get(wordBit + 1);
                    bits.stream()
                            .filter(n -> n < wordBit)
                            .forEach(n -> taking.get(n).classes.set(number));
                });
        for (int c = 0; c < ascii.length; c++) {
            ascii[c] = (char) searched(c);
        }
    }

    private static void addBorders(int[] ranges, TreeSet<Integer> borders) {
        for (int i = 0; i < ranges.length; i += 2) {
            borders.add(ranges[i]);
            borders.add(ranges[i + 1] + 1);
        }
    }

    private void mark(int[] ranges, int bit, BitSet[] members) {
        for (int i = 0; i < ranges.length; i += 2) {
            int from = Arrays.binarySearch(stretches, ranges[i]);
            for (int n = from; n < stretches.length && stretches[n] <= ranges[i + 1]; n++) {
                members[n].set(bit);
            }
        }
    }

    /** The class of a code point. */
    int classOf(int code) {
        return code < ascii.length ? ascii[code] : searched(code);
    }

    private int searched(int code) {
        int found = Arrays.binarySearch(stretches, code);
        return classOf[found >= 0 ? found : -found - 2];
    }
}
