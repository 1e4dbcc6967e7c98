package io.tocsin.match;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A regular expression, looked for in the text: one step a character, whatever the expression.
 *
 * <p>All ways through the program are followed side by side; sets of ways are states, kept as far as
 * they fit (a lazy automaton). So no text takes it long, unlike Java's own expressions.
 */
final class Search implements Test {
    /** Ways followed on one text before it is given up: some tenths of a second. */
    static final long MOST_WORK = 50_000_000;

    private static final int MOST_CELLS = 1 << 15;
    private static final State FOUND = new State(new int[0], 0, 0);
    private static final int AT_START = 1;
    private static final int AFTER_BREAK = 2;
    private static final int AFTER_WORD = 4;

    private final Program program;
    private final Map<State, State> known = new HashMap<>();
    private State first;
    private int cells;
    private final int[] seen;
    private int stamp;
    private int[] waiting = new int[16];
    private final long most;
    private long work;

    /** `most`: ways followed on one text before it is given up. */
    Search(Program program, long most) {
        this.program = program;
        this.most = most;
        seen = new int[program.steps.size()];
        first = state(new int[0], AT_START);
    }

    /** Steps that wait for the next character, and what came before it. */
    private static final class State {
        final int[] steps;
        final int before;
        final State[] next;

        State(int[] steps, int before, int classes) {
            this.steps = steps;
            this.before = before;
            this.next = new State[classes];
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State state
                    && before == state.before
                    && Arrays.equals(steps, state.steps);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(steps) * 8 + before;
        }
    }

    @Override
    public boolean expensive() {
        return true;
    }

    @Override
    public boolean passes(Value value) throws Costly {
        String text = value.text;
        work = 0;
        State state = first;
        int length = text.length();
        for (int i = 0; i < length; i++) {
            int code = text.charAt(i);
            if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
                code = text.codePointAt(i);
                i += Character.charCount(code) - 1;
            }
            state = step(state, program.classOf(code));
            if (state == FOUND) {
                return true;
            }
        }
        return step(state, program.classes) == FOUND;
    }

    private State step(State state, int kind) throws Costly {
        State next = state.next[kind];
        if (next == null) {
            next = computed(state, kind);
            state.next[kind] = next;
        }
        return next;
    }

    /** Where the ways lead over a character of a class, or over the end (the last class). */
    private State computed(State from, int kind) throws Costly {
        stamp++;
        int count = push(program.start, 0);
        for (int step : from.steps) {
            count = push(step, count);
        }
        int[] reached = new int[8];
        int n = 0;
        for (int i = 0; i < count; i++) {
            if (++work > most) {
                throw new Costly("a regular expression took too long on one text");
            }
            Program.Step step = program.steps.get(waiting[i]);
            switch (step.kind) {
                case FOUND:
                    return FOUND;
                case SPLIT:
                    count = push(step.other, push(step.next, count));
                    break;
                case EDGE:
                    count = holds(step.edge, from.before, kind) ? push(step.next, count) : count;
                    break;
                default:
                    if (kind < program.classes && step.classes.get(kind)) {
                        reached = n == reached.length ? Arrays.copyOf(reached, n * 2) : reached;
                        reached[n++] = step.next;
                    }
            }
        }
        int[] steps = Arrays.stream(reached, 0, n).sorted().distinct().toArray();
        return state(steps, before(kind));
    }

    private int push(int step, int count) {
        if (seen[step] == stamp) {
            return count;
        }
        seen[step] = stamp;
        if (count == waiting.length) {
            waiting = Arrays.copyOf(waiting, count * 2);
        }
        waiting[count] = step;
        return count + 1;
    }

    private int before(int kind) {
        if (kind == program.classes) {
            return 0;
        }
        return program.lineBreak[kind] ? AFTER_BREAK : program.word[kind] ? AFTER_WORD : 0;
    }

    private boolean holds(Expression.Edge edge, int before, int kind) {
        boolean end = kind == program.classes;
        return switch (edge) {
            case TEXT_START -> before == AT_START;
            case TEXT_END -> end;
            case LINE_START -> before == AT_START || before == AFTER_BREAK;
            case LINE_END -> end || program.lineBreak[kind];
            case WORD_EDGE -> (before == AFTER_WORD) != (!end && program.word[kind]);
        };
    }

    private State state(int[] steps, int before) {
        State made = new State(steps, before, program.classes + 1);
        State old = known.get(made);
        if (old != null) {
            return old;
        }
        cells += made.next.length + steps.length;
        if (cells > MOST_CELLS) {
            known.clear();
            cells = 0;
            if (first != null) {
                first = new State(first.steps, first.before, program.classes + 1);
                known.put(first, first);
            }
        }
        known.put(made, made);
        return made;
    }
}
