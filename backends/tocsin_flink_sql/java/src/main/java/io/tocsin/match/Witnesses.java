package io.tocsin.match;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Chooses for a condition atoms one of which holds wherever the condition does, the rarest ones.
 *
 * @param frequency how often an atom holds, of 1
 */
record Witnesses(ToDoubleFunction<Atom> frequency) {
    /** Asking a test of every new value costs more than a literal does. */
    private static final double TEST_COST = 0.5;

    private static final Choice NEVER_TRUE = new Choice(0, List.of());

    /** Atoms and how often one of them holds; null stands for "nothing can be said". */
    record Choice(double cost, List<Atom> atoms) {}

    Choice of(Node node) {
        return choose(node, true);
    }

    private Choice choose(Node node, boolean wanted) {
        if (node instanceof Node.Const constant) {
            return constant.value() == wanted ? null : NEVER_TRUE;
        }
        if (node instanceof Node.Not not) {
            return choose(not.below(), !wanted);
        }
        if (node instanceof Node.Many many) {
            return many.all == wanted ? rarest(many, wanted) : together(many, wanted);
        }
        if (node instanceof Leaf.Missing missing && !wanted) {
            return costing(missing.present);
        }
        return wanted && ((Leaf) node).atoms != null ? costing(((Leaf) node).atoms) : null;
    }

    private Choice rarest(Node.Many many, boolean wanted) {
        Choice best = null;
        for (Node node : many.below) {
            Choice choice = choose(node, wanted);
            if (choice != null && (best == null || choice.cost < best.cost)) {
                best = choice;
            }
        }
        return best;
    }

    private Choice together(Node.Many many, boolean wanted) {
        double cost = 0;
        List<Atom> atoms = new ArrayList<>();
        for (Node node : many.below) {
            Choice choice = choose(node, wanted);
            if (choice == null) {
                return null;
            }
            cost += choice.cost;
            atoms.addAll(choice.atoms);
        }
        return new Choice(cost, atoms);
    }

    private Choice costing(List<Atom> atoms) {
        double cost = 0;
        for (Atom atom : atoms) {
            cost += frequency.applyAsDouble(atom);
            cost += atom.kind() == Atom.Kind.TEST ? TEST_COST : 0;
        }
        return new Choice(cost, atoms);
    }
}
