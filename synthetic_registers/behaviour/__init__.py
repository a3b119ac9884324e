"""What a person does in a month: compiled rules, one module a part of life, and the kernel that puts them in order.

Every rule reads and changes one person's ``state`` (see :mod:`synthetic_registers.behaviour.state`), looks up the draws it needs in
:mod:`synthetic_registers.streams`, and knows nothing of other persons.
"""
