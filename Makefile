# Whatever is installed or written is in .build; `make clean` removes it.

.DEFAULT_GOAL := help
END_TO_END = $(patsubst %,end-to-end-%-quarter,first second third last)
SOAK = masking $(patsubst %,least-privilege-%-third,first second last) examples crowds documented-commands accounts \
  benchmarks

.PHONY: help demo demo-stop test lint unit canaries module end-to-end $(END_TO_END) soak $(SOAK) test-aws \
  local-aws dist docs set-up clean

PORT = 4566
EXAMPLE = basic
PYTHON_MODULE = .build/venv/bin/python -m

export RUFF_CACHE_DIR = .build/ruff
export MYPY_CACHE_DIR = .build/mypy

# Without your AWS settings, and with what set-up found.
ISOLATED = set_up/isolated

# Deployments and rotations wait most of the time. What each prints is kept together by a make that can, which that of
# macOS can't.
SIDE_BY_SIDE = $(MAKE) --no-print-directory --jobs
SHOWN_WHEN_DONE = $(if $(filter output-sync,$(.FEATURES)),--output-sync)

# What only computes does so while the others wait.
MEANWHILE = nice -n 5

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## watch a rotation on the local AWS; EXAMPLE=masking masks the copy, KEEP=1 leaves it running
	@$(ISOLATED) $(PYTHON_MODULE) demo --example $(EXAMPLE) $(if $(KEEP),--keep)

demo-stop: set-up ## end what make demo KEEP=1 left running
	@$(ISOLATED) $(PYTHON_MODULE) demo --stop

test: set-up ## all of the following tests, on this machine only
	@echo "All tests run side by side, for some minutes; each part shows when it is done."
	@$(SIDE_BY_SIDE) $(SHOWN_WHEN_DONE) $(END_TO_END) lint module unit canaries

lint: set-up ## ruff, mypy, import-linter, terraform fmt
	$(MEANWHILE) $(PYTHON_MODULE) ruff check
	$(MEANWHILE) $(PYTHON_MODULE) ruff format --check
	$(MEANWHILE) $(PYTHON_MODULE) mypy
	$(MEANWHILE) .build/venv/bin/lint-imports --no-logo --cache-dir .build/import-linter
	$(ISOLATED) terraform fmt -check -recursive

unit: set-up ## tests of the Python packages, and of what must hold across languages
	$(MEANWHILE) $(ISOLATED) $(PYTHON_MODULE) pytest tests/unit tests/contract

# Apart, because the local AWS changes moto, which the other tests take as it is.
canaries: set-up ## tests of the local AWS
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/local_aws

module: set-up ## tests of what Terraform plans
	$(ISOLATED) env TF_DATA_DIR=.build/module terraform init -input=false -upgrade -test-directory=tests/module >.build/module.log
	$(MEANWHILE) $(ISOLATED) env TF_DATA_DIR=.build/module terraform test -test-directory=tests/module

end-to-end: set-up ## tests of whole rotations on the local AWS
	@$(SIDE_BY_SIDE) $(SHOWN_WHEN_DONE) $(END_TO_END)

# Each quarter deploys the rotator to a local AWS of its own.
FIRST_QUARTER = $(patsubst %,tests/end_to_end/test_%.py,channels faults hooks refresh)
SECOND_QUARTER = $(patsubst %,tests/end_to_end/test_%.py,leaks meetings recipes settings indexes)
THIRD_QUARTER = $(patsubst %,tests/end_to_end/test_%.py,limits redrives reports retention verification)

end-to-end-first-quarter: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest $(FIRST_QUARTER)

end-to-end-second-quarter: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest $(SECOND_QUARTER)

end-to-end-third-quarter: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest $(THIRD_QUARTER)

end-to-end-last-quarter: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/end_to_end $(addprefix --ignore=,$(FIRST_QUARTER) $(SECOND_QUARTER) $(THIRD_QUARTER))

soak: set-up ## what takes longer: benchmarks, crowds, faults by chance, masking, examples, docs/, each permission taken away
	@$(SIDE_BY_SIDE) 7 $(SHOWN_WHEN_DONE) $(SOAK)

benchmarks: set-up
	$(MEANWHILE) $(ISOLATED) .build/venv/bin/python benchmarks/import_cost.py
	$(MEANWHILE) $(ISOLATED) .build/venv/bin/python benchmarks/masking_cost.py
	$(MEANWHILE) $(ISOLATED) .build/venv/bin/python benchmarks/polling.py
	$(MEANWHILE) $(ISOLATED) .build/venv/bin/python benchmarks/sweep.py

least-privilege-first-third: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_least_privilege.py -k 'not second_third and not last_third and not masking'

least-privilege-second-third: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_least_privilege.py -k second_third

least-privilege-last-third: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_least_privilege.py -k last_third

masking: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_masking.py tests/soak/test_least_privilege.py -k masking

CROWDS = $(patsubst %,tests/soak/test_%.py,crowd faults_by_chance rivals)

crowds: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest $(CROWDS)

documented-commands: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_documentation.py

# Apart: what the documentation deploys has names that the other account's rotator has, too.
accounts: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_cross_account.py

examples: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak $(addprefix --ignore=,$(CROWDS)) \
	  $(addprefix --ignore=tests/soak/test_,cross_account.py documentation.py least_privilege.py masking.py)

test-aws: set-up ## tests of whole rotations in the AWS account of your environment
	. .build/environment && ROTATOR_TEST_AWS=1 exec $(PYTHON_MODULE) pytest tests/end_to_end

local-aws: set-up ## start the local AWS on PORT, default 4566
	@$(ISOLATED) $(PYTHON_MODULE) local_aws --port $(PORT)

dist: set-up ## build the zip files of the Lambda functions
	.build/venv/bin/python lambdas/package.py

docs: set-up ## write the tables of inputs and outputs, and the pictures, where they are out of date
	$(ISOLATED) $(PYTHON_MODULE) documentation

set-up: ## the tools, in .build; part of all of the above
	@set_up/set-up

clean: ## remove .build
	@if [ -e .build/demo ]; then $(MAKE) demo-stop; fi
	rm -rf .build
